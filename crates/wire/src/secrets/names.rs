//! Names whose values are secrets.

/// Headers whose values let somebody in (RFC 9110, section 11; RFC 6265), or are made of what does.
const HEADERS: [&str; 7] = [
    "authorization",
    "proxy-authorization",
    "authentication-info",
    "cookie",
    "cookie2",
    "set-cookie",
    "set-cookie2",
];

/// Parts of names of secrets, in small letters.
pub(super) const PARTS: [&str; 32] = [
    "pwd",
    "jwt",
    "passw",
    "passphrase",
    "passcode",
    "passkey",
    "secret",
    "token",
    "api_key",
    "api-key",
    "apikey",
    "access_key",
    "access-key",
    "accesskey",
    "account_key",
    "accountkey",
    "auth_key",
    "auth-key",
    "authkey",
    "private_key",
    "private-key",
    "privatekey",
    "session",
    "credential",
    "authorization",
    "signature",
    "csrf",
    "xsrf",
    "bearer",
    "cookie",
    "kennwort",
    "passwort",
];

/// Names that are secrets as a whole; as parts they would be of others, too.
pub(super) const WHOLE: [&str; 6] = ["auth", "sid", "sig", "otp", "totp", "pin"];

/// Whether a name is one of a secret.
pub(super) fn is_secret(name: &[u8]) -> bool {
    let name = String::from_utf8_lossy(name).to_ascii_lowercase();
    PARTS.iter().any(|part| name.contains(part)) || WHOLE.contains(&&*name)
}

/// Whether the header of this name holds a secret, up to the end of its line.
pub(super) fn is_secret_header(name: &[u8]) -> bool {
    let lower = String::from_utf8_lossy(name).to_ascii_lowercase();
    HEADERS.contains(&&*lower) || (lower.contains('-') && is_secret(name))
}
