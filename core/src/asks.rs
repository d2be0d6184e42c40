//! What a server asks of the caller: sampling, elicitation and roots, whichever era it asks in.

use serde_json::{Value, json};

use crate::hooks::{ELICITATION, Hooks, ROOTS, SAMPLING};
use crate::protocol::{asked, elicitation};

/// One thing that a server may ask.
struct Ask {
    method: &'static str,
    hook: &'static str,
    capability: &'static str,
}

const ASKS: &[Ask] = &[
    Ask { method: "sampling/createMessage", hook: SAMPLING, capability: "sampling" },
    Ask { method: elicitation::CREATE, hook: ELICITATION, capability: "elicitation" },
    Ask { method: "roots/list", hook: ROOTS, capability: "roots" },
];

/// Why a server's request has no result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Unanswered {
    /// The client has not declared that it answers this.
    Undeclared,
    /// The request is not what the specification says.
    Malformed(String),
    /// The caller's function gave no result, or one that is none.
    Failed(String),
}

/// The capabilities that follow from the caller's functions (specification 2025-11-25, basic/lifecycle; 2026-07-28,
/// basic/index, `_meta`), as JSON text.
pub(crate) fn capabilities(hooks: &Hooks, is_modern: bool) -> String {
    let mut declared = serde_json::Map::new();
    for ask in ASKS.iter().filter(|ask| hooks.answers.contains_key(ask.hook)) {
        let settings = match ask.hook {
            ELICITATION => json!({ "form": {}, "url": {} }),
            // The modern era has no such notification any more.
            ROOTS if !is_modern => json!({ "listChanged": true }),
            _ => json!({}),
        };
        declared.insert(ask.capability.to_owned(), settings);
    }
    Value::Object(declared).to_string()
}

/// What a server's request is called in logs: not in its own words where they are none of the specification's.
pub(crate) fn known_as(method: &str) -> &'static str {
    ASKS.iter().map(|ask| ask.method).chain(["ping"]).find(|known| *known == method).unwrap_or("unknown")
}

/// Whether a function of the caller's answers this.
pub(crate) fn is_answered(hooks: &Hooks, method: &str) -> bool {
    ASKS.iter().any(|ask| ask.method == method && hooks.answers.contains_key(ask.hook))
}

/// Has the caller's function answer; the result is JSON text.
pub(crate) async fn answer(hooks: &Hooks, method: &str, params: Option<&str>) -> Result<String, Unanswered> {
    let Some(ask) = ASKS.iter().find(|ask| ask.method == method) else { return Err(Unanswered::Undeclared) };
    let Some(answer) = hooks.answers.get(ask.hook) else { return Err(Unanswered::Undeclared) };
    let text = params.unwrap_or("{}");
    let params: Value =
        serde_json::from_str(text).map_err(|_| Unanswered::Malformed("params are no JSON".to_owned()))?;
    asked::check(method, &params).map_err(Unanswered::Malformed)?;
    let given = answer(text.to_owned()).await.map_err(Unanswered::Failed)?;
    let given: Value =
        serde_json::from_str(&given).map_err(|_| Unanswered::Failed("what it gave is not JSON".to_owned()))?;
    asked::result(method, &params, given).map(|result| result.to_string()).map_err(Unanswered::Failed)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn hooks(hook: &'static str, given: &'static str) -> Hooks {
        let mut hooks = Hooks::default();
        hooks.answers.insert(hook, Arc::new(move |_| Box::pin(async move { Ok(given.to_owned()) })));
        hooks
    }

    #[tokio::test]
    async fn what_is_not_declared_is_not_answered() {
        let hooks = hooks(ROOTS, "[]");
        for method in ["sampling/createMessage", "elicitation/create", "tools/call", ""] {
            assert_eq!(answer(&hooks, method, Some("{}")).await, Err(Unanswered::Undeclared), "{method}");
        }
        assert_eq!(answer(&hooks, "roots/list", None).await.unwrap(), r#"{"roots":[]}"#);
    }

    #[test]
    fn capabilities_follow_from_the_functions() {
        assert_eq!(capabilities(&Hooks::default(), true), "{}");
        assert_eq!(capabilities(&hooks(ROOTS, ""), false), r#"{"roots":{"listChanged":true}}"#);
        assert_eq!(capabilities(&hooks(ROOTS, ""), true), r#"{"roots":{}}"#);
        assert_eq!(capabilities(&hooks(ELICITATION, ""), true), r#"{"elicitation":{"form":{},"url":{}}}"#);
    }
}
