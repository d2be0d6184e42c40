//! A response in parts, and as bytes.

/// How the end of a body is determined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Framing {
    Length,
    Chunked,
    /// By the end of the connection.
    Close,
}

#[derive(Debug, Clone)]
pub(crate) struct Answer {
    pub(crate) status: Vec<u8>,
    /// Lines without their ends.
    pub(crate) headers: Vec<Vec<u8>>,
    pub(crate) framing: Framing,
    pub(crate) body: Vec<u8>,
}

impl Answer {
    pub(crate) fn new(status: &str, content_type: &str, framing: Framing, body: String) -> Self {
        let headers = match content_type {
            "" => Vec::new(),
            _ => vec![format!("Content-Type: {content_type}").into_bytes()],
        };
        Self { status: format!("HTTP/1.1 {status}").into_bytes(), headers, framing, body: body.into_bytes() }
    }

    pub(crate) fn with(mut self, header: &str) -> Self {
        self.headers.push(header.as_bytes().to_vec());
        self
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let (framing, body) = match self.framing {
            Framing::Length => (format!("Content-Length: {}", self.body.len()), self.body.clone()),
            Framing::Chunked => ("Transfer-Encoding: chunked".to_owned(), chunked(&self.body)),
            Framing::Close => ("Connection: close".to_owned(), self.body.clone()),
        };
        self.framed(&[framing.as_bytes()], &body)
    }

    /// The response with these lines instead of its framing, and this body unchanged.
    pub(crate) fn framed(&self, lines: &[&[u8]], body: &[u8]) -> Vec<u8> {
        let mut bytes = self.status.clone();
        for line in self.headers.iter().map(Vec::as_slice).chain(lines.iter().copied()) {
            bytes.extend_from_slice(b"\r\n");
            bytes.extend_from_slice(line);
        }
        bytes.extend_from_slice(b"\r\n\r\n");
        bytes.extend_from_slice(body);
        bytes
    }
}

/// A body in two chunks.
pub(crate) fn chunked(body: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let (first, second) = body.split_at(body.len() / 2);
    for chunk in [first, second].into_iter().filter(|chunk| !chunk.is_empty()) {
        bytes.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
        bytes.extend_from_slice(chunk);
        bytes.extend_from_slice(b"\r\n");
    }
    bytes.extend_from_slice(b"0\r\n\r\n");
    bytes
}
