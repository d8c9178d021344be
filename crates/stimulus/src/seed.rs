use record::Player;
use sha2::{Digest, Sha256};

use crate::key::player_name;

/// The session's secret: everything random about a session comes from it.
///
/// Whoever knows it knows every coin, so `Debug` does not print it.
#[derive(Clone, PartialEq, Eq)]
pub struct Seed(pub [u8; 32]);

/// Why a text is no seed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadSeed {
    /// Not 64 hexadecimal digits.
    #[error("a seed is 64 hexadecimal digits")]
    NotHex,
}

impl Seed {
    /// Reads 64 hexadecimal digits; white space around them is ignored.
    pub fn from_hex(text: &str) -> Result<Seed, BadSeed> {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text.trim(), &mut bytes).map_err(|_| BadSeed::NotHex)?;
        Ok(Seed(bytes))
    }

    /// The seed as 64 hexadecimal digits, for the bundle's secret file and for nothing else.
    pub fn to_hex(&self) -> String {
        hex::encode(self.0)
    }

    /// SHA-256 of the seed, hexadecimal: the commitment that is published before the first sound.
    pub fn sha256_hex(&self) -> String {
        hex::encode(Sha256::digest(self.0))
    }

    /// What the recordings that `player` plays as activities, and their rooms, are drawn from.
    pub fn of_recordings(&self, player: Player) -> u64 {
        let hash = self.derive(&format!("muteproof/v1/recordings/{}", player_name(player)));
        u64::from_le_bytes([
            hash[0], hash[1], hash[2], hash[3], hash[4], hash[5], hash[6], hash[7],
        ])
    }

    /// A generator's seed for one purpose: no two purposes share a stream, and none reveals the
    /// seed or another's stream.
    pub(crate) fn derive(&self, domain: &str) -> [u8; 32] {
        let mut hash = Sha256::new();
        hash.update((domain.len() as u64).to_le_bytes());
        hash.update(domain.as_bytes());
        hash.update(self.0);
        hash.finalize().into()
    }
}

impl std::fmt::Debug for Seed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Seed(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hex_goes_both_ways_and_debug_keeps_the_secret() {
        let seed = Seed([0xab; 32]);
        assert_eq!(
            Seed::from_hex(&format!(" {}\n", seed.to_hex())),
            Ok(seed.clone())
        );
        assert!(!format!("{seed:?}").contains("ab"));
        assert_eq!(Seed::from_hex("abc"), Err(BadSeed::NotHex));
        assert_eq!(Seed::from_hex(""), Err(BadSeed::NotHex));
    }

    #[test]
    fn the_commitment_is_plain_sha256() {
        // Reference: sha256sum over 32 zero bytes.
        let expected = "66687aadf862bd776c8fc18b8e9f8e20089714856ee233b3902a591d0d5f2925";
        assert_eq!(Seed([0; 32]).sha256_hex(), expected);
    }

    #[test]
    fn domains_do_not_share_streams() {
        let seed = Seed([7; 32]);
        assert_ne!(seed.derive("a"), seed.derive("b"));
        assert_ne!(seed.derive("a"), Seed([8; 32]).derive("a"));
    }
}
