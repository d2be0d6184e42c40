//! The option `auth` of type `oauth2`: a client of an authorization server (RFC 6749 section 4.4).

use base64::Engine;
use http::HeaderValue;
use url::Url;

use crate::auth::credentials;
use crate::util::secret::Secret;

/// A client of an authorization server.
#[derive(Debug, Clone)]
pub(crate) struct ClientCredentials {
    pub(crate) token_url: Option<Url>,
    pub(crate) client_id: String,
    pub(crate) client_secret: Secret,
    pub(crate) scope: Option<String>,
    pub(crate) audience: Option<String>,
}

impl ClientCredentials {
    /// Texts that no message may show: the secret, and its forms in headers.
    pub(crate) fn secrets(&self) -> Vec<Secret> {
        let [encoded, unencoded] = self.in_headers();
        vec![self.client_secret.clone(), encoded.into(), unencoded.into()]
    }
}

impl ClientCredentials {
    fn encoded(&self) -> String {
        let form = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
        format!("{}:{}", form(&self.client_id), form(self.client_secret.expose()))
    }

    fn unencoded(&self) -> String {
        format!("{}:{}", self.client_id, self.client_secret.expose())
    }

    /// Whether HTTP Basic is different without form-encoding, and possible (RFC 7617 section 2).
    pub(crate) fn is_changed_by_encoding(&self) -> bool {
        let unencoded = self.unencoded();
        self.encoded() != unencoded && !self.client_id.contains(':') && !unencoded.chars().any(char::is_control)
    }

    /// The forms in which the secret is sent in a header.
    pub(crate) fn in_headers(&self) -> [String; 2] {
        [self.encoded(), self.unencoded()].map(|both| base64::engine::general_purpose::STANDARD.encode(both))
    }

    /// The header of HTTP Basic without form-encoding.
    pub(crate) fn unencoded_header(&self) -> Option<HeaderValue> {
        let [_, both] = self.in_headers();
        credentials::sensitive("client_secret", &format!("Basic {both}")).ok()
    }
}
