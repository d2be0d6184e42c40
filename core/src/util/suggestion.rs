//! The allowed name that a mistyped one is meant as.

/// Longer texts are no mistyped names.
const LONGEST: usize = 64;

/// The allowed name that `given` is close to. Case, underscores and the unit of a duration do not count.
pub(crate) fn closest<'a>(given: &str, allowed: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    if given.len() > LONGEST {
        return None;
    }
    let given = plain(given);
    let distance = |name: &str| {
        let name = plain(name);
        let whole = strsim::osa_distance(&given, &name);
        name.strip_suffix("ms").map_or(whole, |name| whole.min(strsim::osa_distance(&given, name)))
    };
    let most = match given.len() {
        0 => return None,
        1..=3 => 1,
        4..=7 => 2,
        _ => 3,
    };
    let (distance, name) =
        allowed.into_iter().map(|name| (distance(name), name)).min_by_key(|(distance, _)| *distance)?;
    (distance <= most).then_some(name)
}

/// The end of a message that refuses `given`; empty if no allowed name is close to it.
pub(crate) fn did_you_mean<'a>(given: &str, allowed: impl IntoIterator<Item = &'a str>) -> String {
    closest(given, allowed).map(|name| format!("; did you mean {name}?")).unwrap_or_default()
}

fn plain(name: &str) -> String {
    name.chars().filter(|character| !"_-".contains(*character)).flat_map(char::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mistyped_names_are_recognized() {
        let names = ["timeout", "totalTimeoutMs", "api_key", "on_progress", "env"];
        for (given, meant) in [
            ("timeuot", Some("timeout")),
            ("time_out", Some("timeout")),
            ("total_timeout", Some("totalTimeoutMs")),
            ("totalTimeout", Some("totalTimeoutMs")),
            ("apiKey", Some("api_key")),
            ("on_progres", Some("on_progress")),
            ("en", Some("env")),
            ("retries", None),
            ("url", None),
            ("", None),
        ] {
            assert_eq!(closest(given, names), meant, "{given}");
        }
        assert_eq!(closest(&"timeout".repeat(1000), names), None);
        assert_eq!(did_you_mean("timeuot", names), "; did you mean timeout?");
        assert_eq!(did_you_mean("retries", names), "");
    }
}
