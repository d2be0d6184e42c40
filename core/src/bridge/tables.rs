//! The tables of the core as JSON text.

use crate::config::call_options::OF_ONE_CALL;
use crate::config::callbacks::HOOKS;
use crate::config::option_table::OptionSpec;
use crate::error::{CODES, KINDS};
use crate::protocol::methods::{METHODS, PROPERTIES};
use crate::registry::{REGISTRY_CALL_OPTIONS, REGISTRY_METHODS, REGISTRY_OPTIONS};
use crate::util::spelling::Spelling;

/// The tables of options, methods, kinds and codes as JSON text, in a language's spelling.
pub fn tables(spelling: Spelling) -> String {
    let options = |specs: &[OptionSpec]| -> Vec<_> {
        specs
            .iter()
            .map(|spec| {
                serde_json::json!({
                    "name": spec.name, "spelled": spec.spelled(spelling), "type": spec.takes, "kind": spec.kind,
                    "nullable": spec.nullable, "choices": spec.choices, "default": spec.default, "help": spec.help,
                    "of_one_call": OF_ONE_CALL.contains(&spec.name),
                })
            })
            .collect()
    };
    let spelled = |name: &str| spelling.name(name);
    let row = |mut spec: serde_json::Value| {
        spec["spelled"] = spec["name"].as_str().map(spelled).into();
        spec
    };
    let hooks = HOOKS.iter().map(|spec| row(serde_json::json!(spec)));
    let methods = METHODS.iter().map(|spec| row(serde_json::json!(spec)));
    let properties = PROPERTIES.iter().map(|spec| row(serde_json::json!(spec)));
    let registry_methods = REGISTRY_METHODS.iter().map(|spec| row(serde_json::json!(spec)));
    serde_json::json!({
        "version": env!("CARGO_PKG_VERSION"),
        "client_options": options(crate::config::client_options::CLIENT_OPTIONS),
        "call_options": options(crate::config::call_options::CALL_OPTIONS),
        "profile_options": options(crate::config::profile::PROFILE_OPTIONS),
        "auth_options": options(crate::config::auth::AUTH_OPTIONS),
        "token_options": options(crate::config::callbacks::TOKEN_OPTIONS),
        "registry_options": options(REGISTRY_OPTIONS),
        "registry_call_options": options(REGISTRY_CALL_OPTIONS),
        "registry_methods": registry_methods.collect::<Vec<_>>(),
        "hooks": hooks.collect::<Vec<_>>(),
        "methods": methods.collect::<Vec<_>>(),
        "properties": properties.collect::<Vec<_>>(),
        "kinds": KINDS,
        "codes": CODES,
        "counters": crate::observe::counters::COUNTERS,
    })
    .to_string()
}
