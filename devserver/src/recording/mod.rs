//! Sessions in a file: recorded in front of a real server, and played back as a server.

mod events;
mod file;
mod recorder;
mod redaction;
mod replay;
mod upstream;

use crate::options::{Options, Profile, Transport};
use crate::reading::Spelling;
use crate::server_state::Service;

pub(crate) use recorder::Recorder;
pub(crate) use replay::Replay;

/// The service of a server that records or replays; `None` if it does neither.
pub(crate) fn service(options: &Options) -> Result<Option<Service>, String> {
    match (&options.record, &options.replay) {
        (Some(path), _) => Ok(Some(Service::Recorder(Recorder::new(path, options.upstream.as_ref())?))),
        (None, Some(path)) => Ok(Some(Service::Replay(Replay::new(path)?))),
        (None, None) => Ok(None),
    }
}

/// Checks the options `record` and `replay` against the others.
pub(crate) fn check(options: &Options, spelling: Spelling) -> Result<(), String> {
    let name = match (&options.record, &options.replay) {
        (None, None) => return Ok(()),
        (Some(_), Some(_)) => return Err("replay: give only one of record and replay".to_owned()),
        (Some(_), None) => "record",
        (None, Some(_)) => "replay",
    };
    if options.transport != Transport::Http {
        return Err(format!("{name}: belongs to transport http"));
    }
    if matches!(options.profile, Profile::Odock | Profile::Gaia | Profile::Sema4) {
        return Err(format!("{name}: belongs to profiles omni, generic and octomind"));
    }
    if options.replay.is_some() && options.upstream.is_some() {
        return Err("upstream: a recording is replayed without it".to_owned());
    }
    let of_tools = [
        ("tools", options.tools.is_empty()),
        ("tool_names", options.tool_names.is_empty()),
        ("extra_tools", options.extra_tools == 0),
        ("everything", !options.everything),
    ];
    match of_tools.into_iter().find(|(_, absent)| !absent) {
        Some((field, _)) => Err(format!("{}: cannot be combined with {name}", spelling.spell(field))),
        None => Ok(()),
    }
}
