//! How many sockets may be open: each stream has two.

use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// As many as the system lets this process have.
pub(crate) fn allow_many() {
    if let Ok((_, hard)) = getrlimit(Resource::RLIMIT_NOFILE) {
        // Where it is refused, a scenario that needs them says so.
        let _ = setrlimit(Resource::RLIMIT_NOFILE, hard, hard);
    }
}
