//! Validation of numbers, durations and dates in options.

use std::time::Duration;

use crate::config::option_table::check_duration;
use crate::error::{Code, Error, Result};

pub(crate) fn is_date(text: &str) -> bool {
    let shape = |(index, byte): (usize, u8)| {
        if matches!(index, 4 | 7) { byte == b'-' } else { byte.is_ascii_digit() }
    };
    text.len() == 10 && text.bytes().enumerate().all(shape)
}

pub(crate) fn optional(name: &str, given: Option<Option<Duration>>, default: Duration) -> Result<Option<Duration>> {
    check_duration(name, given.unwrap_or(Some(default)))
}

pub(crate) fn required(name: &str, given: Option<Duration>, default: Duration) -> Result<Duration> {
    Ok(check_duration(name, Some(given.unwrap_or(default)))?.unwrap_or(default))
}

pub(crate) fn positive(name: &str, number: u32) -> Result<u32> {
    if number == 0 {
        return Err(Error::config(Code::InvalidOption, name, "must be a whole number greater than zero"));
    }
    Ok(number)
}
