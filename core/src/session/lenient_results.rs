//! Accepts common deviations in results: any empty result, and lists that are null or an empty object.

use bytes::Bytes;

use crate::error::attempt_error::AttemptError;
use crate::observe::deviations::Deviation;
use crate::protocol::lenient_json;
use crate::protocol::methods::{TOOLS_CALL, protocol_method};
use crate::session::manager::SessionManager;
use crate::transport::message::{Content, ServerResponse};
use crate::util::sanitize::preview_of;

impl SessionManager {
    /// Normalizes the result of `method` where that needs no guess.
    ///
    /// # Errors
    /// If the result is not an object and the method needs one.
    pub(crate) fn normalize_result(
        &self,
        method: &str,
        response: ServerResponse,
    ) -> Result<ServerResponse, AttemptError> {
        let content = match response.content {
            Content::OtherResult(result) => {
                let shown = || preview_of(&result, 200);
                let did = || format!("the server answered {method} with the result {}", shown());
                if !(has_empty_result(method) && self.context.accepts(Deviation::EmptyResult, did)) {
                    let message = format!("the result of the response is {}, and must be an object", shown());
                    return Err(AttemptError::unusable(message).with_response_head(response.status, &response.headers));
                }
                Content::Result(Bytes::from_static(b"{}"))
            }
            Content::Result(result) => {
                let unusable = |message: String| {
                    Err(AttemptError::unusable(message).with_response_head(response.status, &response.headers))
                };
                match list_of(method).and_then(|member| with_list(&result, member)) {
                    Some((fixed, member)) => {
                        let did = || format!("the server answered {method} with a \"{member}\" that is not a list");
                        if !self.context.accepts(Deviation::EmptyResult, did) {
                            return unusable(format!(
                                "the \"{member}\" of the result must be a list: {}",
                                preview_of(&result, 200)
                            ));
                        }
                        Content::Result(fixed)
                    }
                    None if method == TOOLS_CALL && lacks_content(&result) => {
                        let did = || {
                            "the server answered tools/call with \"structuredContent\" and without \"content\""
                                .to_owned()
                        };
                        if !self.context.accepts(Deviation::MissingContent, did) {
                            return unusable(format!("the result has no \"content\": {}", preview_of(&result, 200)));
                        }
                        Content::Result(result)
                    }
                    None => Content::Result(result),
                }
            }
            content => content,
        };
        Ok(ServerResponse { content, ..response })
    }
}

/// Whether any result of the method is an acknowledgement.
fn has_empty_result(method: &str) -> bool {
    protocol_method(method).is_some_and(|known| known.has_empty_result)
}

/// The member of a result that must be a list.
fn list_of(method: &str) -> Option<&'static str> {
    protocol_method(method).and_then(|known| known.list)
}

/// Replaces null or an empty object, as some languages write it, by an empty list.
fn with_list(result: &Bytes, member: &'static str) -> Option<(Bytes, &'static str)> {
    // Nearly every result has a list; that is found without parsing.
    let name = format!("\"{member}\"");
    let begins_with_list = |at: usize| {
        let rest = result[at + name.len()..].trim_ascii_start();
        rest.strip_prefix(b":").is_some_and(|value| value.trim_ascii_start().starts_with(b"["))
    };
    let at = result.windows(name.len()).position(|window| window == name.as_bytes())?;
    if begins_with_list(at) {
        return None;
    }
    let members = lenient_json::members(result);
    let value = members.get(member)?.get();
    let is_empty = value == "null" || value.strip_prefix('{').is_some_and(|rest| rest.trim_start() == "}");
    if !is_empty {
        return None;
    }
    let begin = value.as_ptr() as usize - result.as_ptr() as usize;
    Some(([&result[..begin], b"[]", &result[begin + value.len()..]].concat().into(), member))
}

/// Whether the result of a tool has structured content but lacks the content that all revisions require.
fn lacks_content(result: &[u8]) -> bool {
    let find = |text: &[u8], name: &[u8]| text.windows(name.len()).position(|window| window == name);
    // Nearly every result has its content first; that is found without parsing.
    let before = find(result, b"\"content\"").map_or(result, |at| &result[..at]);
    if find(before, b"\"structuredContent\"").is_none() {
        return false;
    }
    let members = lenient_json::members(result);
    members.contains_key("structuredContent") && !members.contains_key("content")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn structured_content_does_not_stand_for_content() {
        for (result, lacks) in [
            (r#"{"structuredContent":{"a":1}}"#, true),
            (r#"{"structuredContent":{"content":[]},"isError":false}"#, true),
            (r#"{"_meta":{"b":1},"structuredContent":null}"#, true),
            (r#"{"structuredContent":{"a":1},"content":[]}"#, false),
            (r#"{"content":[],"structuredContent":{"a":1}}"#, false),
            (r#"{"_meta":{"structuredContent":1}}"#, false),
            (r#"{"resultType":"input_required","inputRequests":{}}"#, false),
            ("{}", false),
        ] {
            assert_eq!(lacks_content(result.as_bytes()), lacks, "{result}");
        }
    }

    #[test]
    fn what_stands_for_an_empty_list_becomes_one() {
        for (result, fixed) in [
            (r#"{"tools":null}"#, Some(r#"{"tools":[]}"#)),
            (r#"{"nextCursor":"a","tools" : null ,"x":1}"#, Some(r#"{"nextCursor":"a","tools" : [] ,"x":1}"#)),
            (r#"{"tools":{}}"#, Some(r#"{"tools":[]}"#)),
            (r#"{"tools":{ }}"#, Some(r#"{"tools":[]}"#)),
            (r#"{"_meta":{"tools":null},"tools":null}"#, Some(r#"{"_meta":{"tools":null},"tools":[]}"#)),
            (r#"{"tools":[]}"#, None),
            (r#"{"tools":[{"tools":null}]}"#, None),
            (r#"{"_meta":{"tools":null},"tools":[]}"#, None),
            (r#"{"tools":{"a":1}}"#, None),
            (r#"{"tools":""}"#, None),
            (r#"{"tools":0}"#, None),
            (r#"{"tools":false}"#, None),
            ("{}", None),
        ] {
            let given = with_list(&Bytes::from(result), "tools").map(|(fixed, _)| fixed);
            assert_eq!(given.as_deref(), fixed.map(str::as_bytes), "{result}");
        }
        assert_eq!(list_of("resources/templates/list"), Some("resourceTemplates"));
        assert_eq!(list_of("tools/call"), Some("content"));
        assert_eq!(list_of("ping"), None);
    }
}
