//! How a client authenticates at a token endpoint (RFC 6749 section 2.3.1), and which methods are tried.

use crate::auth::client_credentials::ClientCredentials;
use crate::error::attempt_error::AttemptError;
use crate::error::failure_class::FailureClass;

const BASIC: &str = "client_secret_basic";
const POST: &str = "client_secret_post";

/// An authentication method.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ClientAuthentication {
    /// HTTP Basic with the form-encoded id and secret, as in the standard.
    Basic,
    /// Id and secret in the body.
    Post,
    /// HTTP Basic with the unencoded id and secret, which some servers expect.
    BasicUnencoded,
}

use ClientAuthentication::{Basic, BasicUnencoded, Post};

impl ClientAuthentication {
    /// The name in messages.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Basic => BASIC,
            Post => POST,
            BasicUnencoded => "client_secret_basic without form-encoding",
        }
    }
}

/// The methods to try, each once, until the endpoint accepts the client: those in the metadata, or all if it lists none of them.
/// `strict` tries only one.
pub(crate) fn methods(
    client: &ClientCredentials,
    listed: Option<&[String]>,
    strict: bool,
) -> &'static [ClientAuthentication] {
    let lists = |name: &str| listed.is_some_and(|listed| listed.iter().any(|method| method == name));
    let methods: &[_] = match (lists(BASIC), lists(POST), client.is_changed_by_encoding()) {
        (false, true, _) => &[Post],
        // The server may not expect the encoding; in the body there is only one.
        (true, true, true) => &[Basic, Post],
        (true, false, true) => &[Basic, BasicUnencoded],
        (true, _, false) => &[Basic],
        (false, false, false) => &[Basic, Post],
        (false, false, true) => &[Basic, Post, BasicUnencoded],
    };
    if strict { &methods[..1] } else { methods }
}

/// Whether the endpoint refused the client itself, so that another method may be accepted.
pub(crate) fn is_client_refused(failure: &AttemptError) -> bool {
    let info = failure.error.info();
    let text = failure.server_text();
    let is_about_it = || text.contains("client_id") || text.contains("client_secret");
    failure.class == FailureClass::Refused
        && match info.service_code.as_deref() {
            Some("invalid_client") => true,
            Some("invalid_request") => is_about_it(),
            Some(_) => false,
            None => info.status == Some(401),
        }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::{Code, Error};

    fn client(id: &str, secret: &str) -> ClientCredentials {
        ClientCredentials {
            token_url: None,
            client_id: id.to_owned(),
            client_secret: secret.into(),
            scope: None,
            audience: None,
        }
    }

    #[test]
    fn listed_methods_are_tried_else_all() {
        let tried = |listed: Option<&[&str]>, secret: &str| {
            let listed: Option<Vec<String>> = listed.map(|listed| listed.iter().map(|one| (*one).to_owned()).collect());
            methods(&client("id", secret), listed.as_deref(), false)
        };
        for (listed, plain, encoded) in [
            (None, &[Basic, Post][..], &[Basic, Post, BasicUnencoded][..]),
            (Some(&[POST][..]), &[Post], &[Post]),
            (Some(&[BASIC]), &[Basic], &[Basic, BasicUnencoded]),
            (Some(&[POST, BASIC]), &[Basic], &[Basic, Post]),
            (Some(&["private_key_jwt"]), &[Basic, Post], &[Basic, Post, BasicUnencoded]),
            (Some(&["none", POST]), &[Post], &[Post]),
        ] {
            assert_eq!(tried(listed, "s3cret"), plain, "{listed:?}");
            assert_eq!(tried(listed, "s3+cret/="), encoded, "{listed:?}");
        }
        assert_eq!(methods(&client("id", "s"), None, true), [Basic]);
        assert_eq!(methods(&client("a:b", "s"), None, false), [Basic, Post], "a colon ends the id");
    }

    #[test]
    fn another_method_is_tried_only_if_the_client_is_refused() {
        let refused = |service_code: Option<&str>, status: u16, message: &str| {
            let failure = AttemptError::of(FailureClass::Refused, Error::new(Code::TokenRefused, "refused"));
            let mut failure = failure.with_server_text(message, true);
            failure.error.info_mut().service_code = service_code.map(str::to_owned);
            failure.error.info_mut().status = Some(status);
            is_client_refused(&failure)
        };
        assert!(refused(Some("invalid_client"), 400, "") && refused(Some("invalid_client"), 401, ""));
        assert!(refused(None, 401, "Unauthorized"));
        assert!(refused(Some("invalid_request"), 400, "Missing parameter: client_id"));
        for (service_code, status) in [
            (Some("invalid_request"), 400),
            (Some("invalid_scope"), 400),
            (Some("unauthorized_client"), 401),
            (Some("unsupported_grant_type"), 400),
            (None, 400),
            (None, 403),
        ] {
            assert!(!refused(service_code, status, "no"), "{service_code:?} {status}");
        }
    }
}
