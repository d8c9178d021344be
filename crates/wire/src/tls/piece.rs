//! What a session tells of its connection.

/// Who sent something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Who opened the connection.
    Client,
    /// Who accepted it.
    Server,
}

/// Why what the client sends is not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unread {
    /// Its secrets are not among the keys.
    NoKey,
    /// A version or cipher suite that is not read: before TLS 1.2, CBC, CCM, stream ciphers.
    Cipher,
    /// Records do not follow on each other as they should, or bytes are missing.
    Damaged,
}

/// What is known of a connection; all but the last from what both sides say in the open.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Facts {
    /// As negotiated: 0x0303 for TLS 1.2, 0x0304 for TLS 1.3.
    pub version: Option<u16>,
    /// Number of the cipher suite.
    pub suite: Option<u16>,
    /// Whom the client asked for.
    pub server_name: Option<String>,
    /// Application protocols that the client offered.
    pub alpn_offered: Vec<String>,
    /// The one that the server chose, where it says so in the open (TLS 1.2).
    pub alpn: Option<String>,
    /// Why the rest of what the client sends is not read.
    pub unread: Option<Unread>,
}

/// The client's next bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// So many that are not read: handshake, alerts, what no key fits.
    Unread {
        /// How many.
        len: usize,
    },
    /// A record with application data, in this order.
    Content {
        /// Bytes of the header, all of them foretold by the rest.
        header: usize,
        /// Bytes of a nonce that could be anything.
        nonce: usize,
        /// What was sent.
        content: Vec<u8>,
        /// Zeros behind it, as many as the sender liked.
        padding: usize,
        /// Bytes of type and tag, foretold by the rest.
        trailer: usize,
    },
}

impl Piece {
    /// How many bytes of the client's stream this is.
    pub fn len(&self) -> usize {
        match self {
            Piece::Unread { len } => *len,
            Piece::Content {
                header,
                nonce,
                content,
                padding,
                trailer,
            } => header + nonce + content.len() + padding + trailer,
        }
    }

    /// Never, if it comes from a session.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}
