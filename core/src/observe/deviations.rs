//! Accepted deviations of servers from the specification: one table of classes. Each deviation is counted and logged, and each
//! class is reported to the caller once per client. The option `strict` refuses all of them.

use std::sync::atomic::{AtomicU64, Ordering};

macro_rules! deviations {
    ($($variant:ident: $name:literal, $handled:literal, $option:literal;)*) => {
        /// A class of deviation.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Deviation { $($variant,)* }

        impl Deviation {
            /// Stable name, used in log records.
            pub(crate) fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            /// How the client handles it.
            pub(crate) fn handled(self) -> &'static str {
                match self { $(Self::$variant => $handled,)* }
            }

            /// The option that changes the handling.
            pub(crate) fn option(self) -> &'static str {
                match self { $(Self::$variant => $option,)* }
            }
        }
    };
}

// Name, handling, and the option that changes the handling. Under `strict`, a response without a matching request is logged,
// and neither counted nor reported.
deviations! {
    ClientAuthentication: "client_authentication", "the client uses that method from now on", "strict";
    ContentType: "content_type", "the body was read as its content indicates", "strict";
    FormDefault: "form_default", "it was not used", "strict";
    FormField: "form_field", "on_elicitation received the form unchanged", "strict";
    SchemaDialect: "schema_dialect", "they were read as that dialect defines them", "strict";
    SchemaKeyword: "schema_keyword", "they were not validated, the rest was", "strict";
    TokenResponse: "token_response", "the token was used", "strict";
    ContentEncoding: "content_encoding", "the body was read as its content indicates", "strict";
    ByteOrderMark: "byte_order_mark", "the mark was ignored", "strict";
    Envelope: "envelope", "it was read as intended", "strict";
    EmptyResult: "empty_result", "it was treated as an empty one", "strict";
    NotAMessage: "not_a_message", "it was skipped", "strict";
    MissingContent: "missing_content", "the result was returned unchanged", "strict";
    ResponseWithoutId: "response_without_id", "it was ignored", "strict";
    OtherStream: "other_stream", "it was passed to the call that waits for it", "strict";
    UnknownId: "unknown_id", "it was ignored", "strict";
    SessionLossByOther: "session_loss_by_other", "another session was opened", "strict";
    VersionNotNegotiated: "version_not_negotiated", "the newest known version that it names was requested", "protocol_version";
    NotificationAnswered: "notification_answered", "the handshake was continued", "strict";
    LateSessionId: "late_session_id", "it was used for the session", "strict";
    CursorRepeated: "cursor_repeated", "the list ended there", "strict";
    UnusableSchema: "unusable_schema", "the result was not validated", "strict";
    OneAtATime: "one_at_a_time", "that stream was closed, and is not opened again in this session", "listen";
}

impl Deviation {
    /// The warning for a caller. `did` states what the server did, such as "the server sent …".
    pub(crate) fn warning(self, did: &str) -> String {
        format!("{did}; {} (see the option {})", self.handled(), self.option())
    }
}

/// Classes reported so far.
#[derive(Debug, Default)]
pub(crate) struct ReportedDeviations(AtomicU64);

impl ReportedDeviations {
    /// Returns true for the first deviation of its class.
    pub(crate) fn is_first(&self, deviation: Deviation) -> bool {
        let bit = 1 << deviation as u32;
        self.0.fetch_or(bit, Ordering::Relaxed) & bit == 0
    }
}
