//! HTTP dates in their three formats (RFC 9110, 5.6.7), from seconds.

const DAYS: [&str; 7] = ["Thursday", "Friday", "Saturday", "Sunday", "Monday", "Tuesday", "Wednesday"];
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// The last second whose year is unambiguous with two digits: the end of 2069.
pub(super) const LAST: u32 = 3_155_759_999;

/// The date of `seconds` since 1970, in the format number `form`.
pub(super) fn written(seconds: u32, form: u8) -> String {
    let days = seconds / 86_400;
    let (hour, minute, second) = (seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60);
    let weekday = DAYS[days as usize % 7];
    let is_leap = |year: u32| year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let (mut year, mut day) = (1970, days);
    while day >= 365 + u32::from(is_leap(year)) {
        day -= 365 + u32::from(is_leap(year));
        year += 1;
    }
    let lengths = [31, 28 + u32::from(is_leap(year)), 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut month = 0;
    while day >= lengths[month] {
        day -= lengths[month];
        month += 1;
    }
    let (month, day, short) = (MONTHS[month], day + 1, &weekday[..3]);
    match form % 3 {
        0 => format!("{short}, {day:02} {month} {year} {hour:02}:{minute:02}:{second:02} GMT"),
        1 => format!("{weekday}, {day:02}-{month}-{:02} {hour:02}:{minute:02}:{second:02} GMT", year % 100),
        _ => format!("{short} {month} {day:>2} {hour:02}:{minute:02}:{second:02} {year}"),
    }
}
