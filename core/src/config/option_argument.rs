//! What the setters of options take.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::config::auth::AuthConfig;
use crate::config::option_table::Address;
use crate::config::profile::{Choice, ServiceCode, SessionSign};
use crate::util::secret::Secret;

/// What the setter of an option of type `T` takes: for a number, a duration or a flag the type itself, so that a literal such as `3`
/// has the type of the option; for the others everything that converts to it, such as `&str` for a `String`, or a `Duration` for an
/// `Option<Duration>`.
pub trait OptionArgument<T> {
    /// The value of the option.
    fn into_value(self) -> T;
}

macro_rules! the_type_itself {
    ($($type:ty),*) => {
        $(impl OptionArgument<$type> for $type {
            fn into_value(self) -> $type {
                self
            }
        })*
    };
}

macro_rules! converted {
    ($($type:ty),*) => {
        $(impl<S: Into<$type>> OptionArgument<$type> for S {
            fn into_value(self) -> $type {
                self.into()
            }
        })*
    };
}

the_type_itself!(u32, u64, bool, Duration);
converted!(
    String,
    Address,
    Secret,
    AuthConfig,
    Choice,
    Option<Duration>,
    Option<u32>,
    BTreeMap<String, Secret>,
    Vec<String>,
    Vec<Secret>,
    Vec<ServiceCode>,
    Vec<SessionSign>
);
