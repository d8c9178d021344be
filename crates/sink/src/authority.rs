//! The authority of one session, and the certificates that it gives.

use std::collections::HashMap;
use std::sync::Arc;

use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyIdMethod, KeyPair, KeyUsagePurpose, date_time_ymd,
};
use record::Bytes;
use rustls::ServerConfig;
use rustls::crypto::ring;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use serde::{Deserialize, Serialize};
use sha1::{Digest, Sha1};

/// Names with a certificate of their own; for any further one it is made anew each time.
const KEPT_MAX: usize = 1 << 12;

/// How the authority is called in lists of certificates.
const NAME: &str = "muteproof sink, made for one session";

/// The hash of that name by which OpenSSL finds it (`openssl x509 -subject_hash`).
const NAME_HASH: &str = "8266a660";

/// Why a certificate could not be made.
#[derive(Debug)]
pub struct AuthorityError(String);

impl std::fmt::Display for AuthorityError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "the sink's authority: {}", self.0)
    }
}

impl std::error::Error for AuthorityError {}

fn failed(e: impl std::fmt::Display) -> AuthorityError {
    AuthorityError(e.to_string())
}

/// Who vouches for every host of a session: its key is drawn for that session, handed to the sink by a pipe,
/// and written nowhere.
#[derive(Clone, Serialize, Deserialize)]
pub struct Authority {
    /// PKCS #8.
    key: Bytes,
    /// The certificate, X.509.
    certificate: Bytes,
    pem: String,
}

impl Authority {
    /// A fresh one.
    ///
    /// # Errors
    ///
    /// Where no key can be drawn.
    pub fn new() -> Result<Authority, AuthorityError> {
        let key = KeyPair::generate().map_err(failed)?;
        let made = params(&key)?.self_signed(&key).map_err(failed)?;
        Ok(Authority {
            key: Bytes(key.serialize_der()),
            certificate: Bytes(made.der().to_vec()),
            pem: made.pem(),
        })
    }

    /// The certificate (PEM), for those who shall trust it.
    pub fn pem(&self) -> &str {
        &self.pem
    }

    /// The key and the certificate (PEM), for another who shall give certificates in its name.
    ///
    /// # Errors
    ///
    /// Where the key cannot be read.
    pub fn with_key(&self) -> Result<String, AuthorityError> {
        let key = PrivatePkcs8KeyDer::from(self.key.0.clone());
        let key = KeyPair::try_from(&key).map_err(failed)?;
        Ok(key.serialize_pem() + &self.pem)
    }

    /// The hash of its name by which OpenSSL finds it, hexadecimal.
    pub fn subject_hash(&self) -> &'static str {
        NAME_HASH
    }
}

/// The authority's certificate, with the name of its key that others calculate too (RFC 5280, section 4.2.1.2, the
/// first method): OpenSSL wants it to be the one that certificates name, whoever gives them.
fn params(key: &KeyPair) -> Result<CertificateParams, AuthorityError> {
    let mut params = CertificateParams::new(Vec::new()).map_err(failed)?;
    let mut name = DistinguishedName::new();
    name.push(DnType::CommonName, NAME);
    params.distinguished_name = name;
    let id = Sha1::digest(key.public_key_raw()).to_vec();
    params.key_identifier_method = KeyIdMethod::PreSpecified(id);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    params.not_before = date_time_ymd(2000, 1, 1);
    params.not_after = date_time_ymd(2049, 1, 1);
    Ok(params)
}

/// Makes what a server of TLS needs, name by name.
pub(crate) struct Certificates {
    issuer: Issuer<'static, KeyPair>,
    authority: CertificateDer<'static>,
    /// One key for all hosts: drawing one takes longer than all the rest.
    key: KeyPair,
    made: HashMap<String, Arc<ServerConfig>>,
}

impl Certificates {
    pub(crate) fn new(authority: &Authority) -> Result<Certificates, AuthorityError> {
        let key = PrivatePkcs8KeyDer::from(authority.key.0.clone());
        let key = KeyPair::try_from(&key).map_err(failed)?;
        Ok(Certificates {
            issuer: Issuer::new(params(&key)?, key),
            authority: CertificateDer::from(authority.certificate.0.clone()),
            key: KeyPair::generate().map_err(failed)?,
            made: HashMap::new(),
        })
    }

    /// The settings of a server that is called by this name or address.
    pub(crate) fn of(&mut self, name: &str) -> Result<Arc<ServerConfig>, AuthorityError> {
        if let Some(made) = self.made.get(name) {
            return Ok(made.clone());
        }
        let made = Arc::new(self.make(name)?);
        if self.made.len() < KEPT_MAX {
            self.made.insert(name.to_owned(), made.clone());
        }
        Ok(made)
    }

    fn make(&self, name: &str) -> Result<ServerConfig, AuthorityError> {
        // An address becomes a name of that kind.
        let mut params = CertificateParams::new(vec![name.to_owned()]).map_err(failed)?;
        let mut called = DistinguishedName::new();
        // A common name has at most 64 characters (RFC 5280, appendix A.1).
        called.push(
            DnType::CommonName,
            name.chars().take(64).collect::<String>(),
        );
        params.distinguished_name = called;
        params.not_before = date_time_ymd(2000, 1, 1);
        params.not_after = date_time_ymd(2049, 1, 1);
        params.use_authority_key_identifier_extension = true;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let made = params.signed_by(&self.key, &self.issuer).map_err(failed)?;
        let chain = vec![made.der().clone(), self.authority.clone()];
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(self.key.serialize_der()));
        let provider = Arc::new(ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(failed)?;
        let mut config = config
            .with_no_client_auth()
            .with_single_cert(chain, key)
            .map_err(failed)?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok(config)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn openssl_finds_the_authority_by_its_hash() {
        let openssl = Command::new("openssl")
            .args(["x509", "-noout", "-subject_hash"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn();
        let Ok(mut openssl) = openssl else {
            eprintln!("skipped: openssl is not installed");
            return;
        };
        let authority = Authority::new().unwrap();
        let mut pipe = openssl.stdin.take().unwrap();
        pipe.write_all(authority.pem().as_bytes()).unwrap();
        drop(pipe);
        let said = openssl.wait_with_output().unwrap();
        let said = String::from_utf8(said.stdout).unwrap();
        assert_eq!(said.trim(), authority.subject_hash());
    }

    #[test]
    fn a_certificate_is_made_once_for_any_name_that_can_stand_in_one() {
        let mut made = Certificates::new(&Authority::new().unwrap()).unwrap();
        for name in ["metrics.example.net", "198.18.0.1", "_x.example.org"] {
            let first = made.of(name).unwrap();
            assert!(Arc::ptr_eq(&first, &made.of(name).unwrap()), "{name}");
        }
        assert!(made.of("n\u{e4}me").is_err());
    }
}
