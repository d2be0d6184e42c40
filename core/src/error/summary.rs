//! The text of an error: where it occurred, its message, and the most important data.

use std::fmt;

use crate::error::{ErrorInfo, ErrorKind};

/// Writes an error in one line.
pub(super) struct Summary<'a>(pub(super) &'a ErrorInfo);

impl fmt::Display for Summary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let info = self.0;
        if info.kind == ErrorKind::Config {
            // The field is the place of the error.
            return f.write_str(&info.message);
        }
        write_target(info, f)?;
        f.write_str(&info.message)?;
        write!(f, " ({}", info.delivery.sentence())?;
        if let Some(status) = info.status {
            write!(f, "; HTTP {status}")?;
        }
        if let Some(code) = &info.service_code {
            write!(f, "; {code}")?;
        }
        if !info.required_scopes.is_empty() {
            write!(f, "; required scopes: {}", scopes(&info.required_scopes))?;
        }
        if info.attempts > 1 {
            write!(f, "; {} attempts", info.attempts)?;
        }
        if let Some(seconds) = info.retry_after {
            write!(f, "; retry after {seconds} s")?;
        }
        if let Some(id) = &info.request_id {
            write!(f, "; request id {id}")?;
        }
        f.write_str(")")
    }
}

/// The most scopes that the text names.
const MOST_SCOPES: usize = 8;

fn scopes(all: &[String]) -> String {
    let more = if all.len() > MOST_SCOPES { ", …" } else { "" };
    format!("{}{more}", all[..all.len().min(MOST_SCOPES)].join(", "))
}

/// Writes `tools/call my_tool at https://host: while connecting (initialize): `.
fn write_target(info: &ErrorInfo, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let tool = info.tool.as_ref().map(|tool| format!(" {tool}")).unwrap_or_default();
    match (&info.method, &info.server) {
        (Some(method), Some(server)) => write!(f, "{method}{tool} at {server}: ")?,
        (Some(method), None) => write!(f, "{method}{tool}: ")?,
        (None, Some(server)) => write!(f, "{server}: ")?,
        (None, None) => {}
    }
    match &info.handshake_request {
        Some(request) if request.is_empty() => f.write_str("while connecting: "),
        Some(request) if info.method.as_ref() != Some(request) => write!(f, "while connecting ({request}): "),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use crate::error::{Code, Error};

    #[test]
    fn the_summary_begins_with_the_target_of_the_call() {
        let text = |method: Option<&str>, tool: Option<&str>, server: Option<&str>, handshake: Option<&str>| {
            let mut error = Error::new(Code::ConnectFailed, "refused");
            let info = error.info_mut();
            let [method, tool, server, handshake] =
                [method, tool, server, handshake].map(|text| text.map(str::to_owned));
            (info.method, info.tool, info.server, info.handshake_request) = (method, tool, server, handshake);
            error.to_string().replace(" (the call was not sent)", "")
        };
        let server = Some("https://a.example");
        for (shown, expected) in [
            (text(None, None, None, None), "refused"),
            (text(None, None, server, None), "https://a.example: refused"),
            (text(Some("ping"), None, None, None), "ping: refused"),
            (text(Some("ping"), None, server, None), "ping at https://a.example: refused"),
            (text(Some("tools/call"), Some("t"), server, None), "tools/call t at https://a.example: refused"),
            (
                text(Some("ping"), None, server, Some("initialize")),
                "ping at https://a.example: while connecting (initialize): refused",
            ),
            (text(Some("initialize"), None, server, Some("initialize")), "initialize at https://a.example: refused"),
        ] {
            assert_eq!(shown, expected);
        }
        let mut error = Error::config(Code::InvalidArgument, "name", "must not be empty");
        error.info_mut().server = Some("https://a.example".to_owned());
        assert_eq!(error.to_string(), "name: must not be empty");
    }

    #[test]
    fn the_summary_states_whether_the_call_ran() {
        let mut error = Error::new(Code::ConnectionLost, "the connection was lost").maybe_executed();
        error.info_mut().attempts = 3;
        error.info_mut().request_id = Some("req_1".into());
        assert_eq!(error.to_string(), "the connection was lost (the call may have run; 3 attempts; request id req_1)");
    }
}
