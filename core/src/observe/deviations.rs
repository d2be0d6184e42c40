//! Where servers deviate from the specification and the client accepts it: one table of classes. Each class is counted, logged
//! and reported to the caller once per client; the option `strict` refuses all of them.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::observe::log::tell;
use crate::session::manager::Core;

macro_rules! deviations {
    ($($variant:ident: $name:literal, $handled:literal, $option:literal;)*) => {
        /// A class of deviation.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Deviation { $($variant,)* }

        impl Deviation {
            /// The stable word in log records.
            pub(crate) fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// How the client handles it.
            fn handled(self) -> &'static str {
                match self { $(Self::$variant => $handled,)* }
            }

            /// The option that changes how it is handled.
            fn option(self) -> &'static str {
                match self { $(Self::$variant => $option,)* }
            }
        }
    };
}

// The word, how it is handled, and the option that changes this. A response to no request ends none under `strict` either: it is
// logged there, and neither counted nor reported.
deviations! {
    ClientAuthentication: "client_authentication", "that way is used from now on", "strict";
    ContentType: "content_type", "the body was read as what it is", "strict";
    FormDefault: "form_default", "it was not used", "strict";
    FormField: "form_field", "on_elicitation was given the form as it is", "strict";
    SchemaDialect: "schema_dialect", "they were read as that dialect defines them", "strict";
    SchemaKeyword: "schema_keyword", "they were not checked, and the rest was", "strict";
    TokenResponse: "token_response", "the token was used", "strict";
    ContentEncoding: "content_encoding", "the body was read as what it is", "strict";
    ByteOrderMark: "byte_order_mark", "the mark was ignored", "strict";
    Envelope: "envelope", "it was read as what it means", "strict";
    EmptyResult: "empty_result", "it was taken for an empty one", "strict";
    NotAMessage: "not_a_message", "it was skipped", "strict";
    MissingContent: "missing_content", "the result was given as it is", "strict";
    ResponseWithoutId: "response_without_id", "it was given to no call", "strict";
    OtherStream: "other_stream", "it was given to the call that waits for it", "strict";
    UnknownId: "unknown_id", "it was given to no call", "strict";
    SessionLossByOther: "session_loss_by_other", "another session was opened", "strict";
    VersionNotNegotiated: "version_not_negotiated", "the newest known version that it names was asked for", "protocol_version";
    NotificationAnswered: "notification_answered", "the handshake went on", "strict";
    LateSessionId: "late_session_id", "it was taken for the session's", "strict";
    CursorRepeated: "cursor_repeated", "the list ended there", "strict";
    UnusableSchema: "unusable_schema", "the result was not checked", "strict";
    OneAtATime: "one_at_a_time", "that stream was closed, and is not asked for again in this session", "listen";
}

impl Deviation {
    /// The warning for a caller. `did` states what the server did, such as "the server sent …".
    fn warning(self, did: &str) -> String {
        format!("{did}; {} (see the option {})", self.handled(), self.option())
    }
}

/// The classes that were reported already.
#[derive(Debug, Default)]
pub(crate) struct Reported(AtomicU64);

impl Reported {
    /// Whether this is the first of its class.
    fn is_first(&self, deviation: Deviation) -> bool {
        let bit = 1 << deviation as u32;
        self.0.fetch_or(bit, Ordering::Relaxed) & bit == 0
    }
}

impl Core {
    /// Whether a deviation is accepted; it is then counted, and reported where it is the first of its class. `did` states what
    /// the server did, such as "the server sent …".
    pub(crate) fn accepts(&self, deviation: Deviation, did: impl FnOnce() -> String) -> bool {
        if self.settings.strict {
            return false;
        }
        self.counts.deviations.add();
        if self.reported.is_first(deviation) {
            tell!(
                self.log(),
                WARN,
                "the server deviates from the specification",
                deviation = deviation.name(),
                handled = deviation.handled(),
                option = deviation.option(),
            );
            self.warnings.add(deviation.warning(&did()));
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::client_options::ClientConfig;

    fn core(strict: bool) -> Core {
        let config = ClientConfig::default().profile("generic").endpoint("http://127.0.0.1:9/mcp").strict(strict);
        Core::new(config.resolve(|_| None).unwrap()).unwrap()
    }

    #[test]
    fn each_class_is_counted_always_and_reported_once() {
        let core = core(false);
        for _ in 0..3 {
            assert!(core.accepts(Deviation::ContentType, || "the server sent no Content-Type".to_owned()));
        }
        assert!(core.accepts(Deviation::NotAMessage, || "the server sent a banner".to_owned()));
        assert_eq!(core.counts.now().deviations, 4);
        assert_eq!(
            core.warnings.take(),
            [
                "the server sent no Content-Type; the body was read as what it is (see the option strict)",
                "the server sent a banner; it was skipped (see the option strict)",
            ]
        );
    }

    #[test]
    fn strict_accepts_none_and_reports_none() {
        let core = core(true);
        assert!(!core.accepts(Deviation::ContentType, || unreachable!()));
        assert!(core.warnings.take().is_empty());
        assert_eq!(core.counts.now().deviations, 0);
    }
}
