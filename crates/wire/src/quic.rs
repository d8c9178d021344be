//! QUIC's first packets, whose keys everybody on the way can compute: what a client's hello says in
//! them (RFC 9000, section 17.2; RFC 9001, section 5; RFC 9369).

use aes_gcm::Aes128Gcm;
use aes_gcm::aead::{AeadInOut, KeyInit};
use aes_gcm::aes::Aes128;
use aes_gcm::aes::cipher::BlockCipherEncrypt;
use hkdf::Hkdf;
use sha2::Sha256;

/// Longest connection id (RFC 9000, section 17.2).
const ID_MAX: usize = 20;
const TAG_LEN: usize = 16;
/// Pieces of a hello in one datagram that are looked at: Chromium cuts it in some dozens, in any order.
const PIECES_MAX: usize = 256;

/// What differs between the versions.
struct Version {
    salt: [u8; 20],
    /// What the labels of keys begin with.
    label: &'static str,
    /// The type of an Initial packet, as the first byte's bits 4 and 5 say it; and of a Retry.
    initial: u8,
    retry: u8,
}

/// RFC 9001, section 5.2, and drafts from 33 on; drafts 29 to 32, and 23 to 28; RFC 9369, sections 3.2 and 3.3.
fn version(number: u32) -> Option<Version> {
    const V1: [u8; 20] = [
        0x38, 0x76, 0x2C, 0xF7, 0xF5, 0x59, 0x34, 0xB3, 0x4D, 0x17, 0x9A, 0xE6, 0xA4, 0xC8, 0x0C,
        0xAD, 0xCC, 0xBB, 0x7F, 0x0A,
    ];
    const DRAFT_29: [u8; 20] = [
        0xAF, 0xBF, 0xEC, 0x28, 0x99, 0x93, 0xD2, 0x4C, 0x9E, 0x97, 0x86, 0xF1, 0x9C, 0x61, 0x11,
        0xE0, 0x43, 0x90, 0xA8, 0x99,
    ];
    const DRAFT_23: [u8; 20] = [
        0xC3, 0xEE, 0xF7, 0x12, 0xC7, 0x2E, 0xBB, 0x5A, 0x11, 0xA7, 0xD2, 0x43, 0x2B, 0xB4, 0x63,
        0x65, 0xBE, 0xF9, 0xF5, 0x02,
    ];
    const V2: [u8; 20] = [
        0x0D, 0xED, 0xE3, 0xDE, 0xF7, 0x00, 0xA6, 0xDB, 0x81, 0x93, 0x81, 0xBE, 0x6E, 0x26, 0x9D,
        0xCB, 0xF9, 0xBD, 0x2E, 0xD9,
    ];
    let first = |salt| Version {
        salt,
        label: "quic ",
        initial: 0,
        retry: 3,
    };
    match number {
        1 | 0xFF00_0021 | 0xFF00_0022 => Some(first(V1)),
        0xFF00_001D..=0xFF00_0020 => Some(first(DRAFT_29)),
        // Meta's mvfst goes on with the salt of draft 23.
        0xFF00_0017..=0xFF00_001C | 0xFACE_B001 | 0xFACE_B002 => Some(first(DRAFT_23)),
        0x6B33_43CF => Some(Version {
            salt: V2,
            label: "quicv2 ",
            initial: 1,
            retry: 0,
        }),
        _ => None,
    }
}

/// Keys of what a client sends first.
struct Keys {
    packet: Aes128Gcm,
    iv: [u8; 12],
    header: Aes128,
}

impl Keys {
    fn new(version: &Version, id: &[u8]) -> Option<Keys> {
        let (_, initial) = Hkdf::<Sha256>::extract(Some(&version.salt), id);
        let mut secret = [0; 32];
        expand_label(&initial, "client in", &mut secret)?;
        let secret = Hkdf::from_prk(&secret).ok()?;
        let (mut key, mut iv, mut header) = ([0; 16], [0; 12], [0; 16]);
        expand_label(&secret, &format!("{}key", version.label), &mut key)?;
        expand_label(&secret, &format!("{}iv", version.label), &mut iv)?;
        expand_label(&secret, &format!("{}hp", version.label), &mut header)?;
        Some(Keys {
            packet: Aes128Gcm::new_from_slice(&key).ok()?,
            iv,
            header: Aes128::new_from_slice(&header).ok()?,
        })
    }
}

/// HKDF-Expand-Label without context (RFC 8446, section 7.1).
fn expand_label(secret: &Hkdf<Sha256>, label: &str, out: &mut [u8]) -> Option<()> {
    let [high, low] = u16::try_from(out.len()).ok()?.to_be_bytes();
    let len = u8::try_from(6 + label.len()).ok()?;
    let info = [&[high, low, len], &b"tls13 "[..], label.as_bytes(), &[0]].concat();
    secret.expand(&info, out).ok()
}

/// Pieces of a client's handshake in a datagram's Initial packets: where each lies in the stream of
/// handshake messages, and its bytes. Nothing for other datagrams, and for what a server sends. Keys come
/// from the connection id that the client chose first; `first` holds it for the packets to come, in
/// which it has taken on the server's.
pub fn client_handshake(datagram: &[u8], first: &mut Option<Vec<u8>>) -> Vec<(u64, Vec<u8>)> {
    let mut pieces = Vec::new();
    let mut rest = datagram;
    // Packets of several kinds may lie in one datagram (RFC 9000, section 12.2).
    while let Some((packet, after)) = long_packet(rest) {
        if packet.is_initial {
            let by_own = packet.open(packet.id).inspect(|_| {
                first.replace(packet.id.to_vec());
            });
            let payload = by_own.or_else(|| packet.open(first.as_deref()?));
            crypto(&payload.unwrap_or_default(), &mut pieces);
        }
        rest = after;
    }
    pieces
}

/// A packet with a long header.
struct Long<'b> {
    version: Version,
    is_initial: bool,
    id: &'b [u8],
    /// The whole packet, and where its number begins.
    bytes: &'b [u8],
    number_at: usize,
}

fn long_packet(bytes: &[u8]) -> Option<(Long<'_>, &[u8])> {
    let mut rest = bytes;
    let first = *rest.split_off_first()?;
    if first & 0xC0 != 0xC0 {
        return None;
    }
    let number = rest.split_off(..4)?;
    let version = version(u32::from_be_bytes(number.try_into().ok()?))?;
    let id = connection_id(&mut rest)?;
    connection_id(&mut rest)?;
    let kind = first >> 4 & 3;
    if kind == version.retry {
        return None;
    }
    let is_initial = kind == version.initial;
    if is_initial {
        let token = usize::try_from(varint(&mut rest)?).ok()?;
        rest.split_off(..token)?;
    }
    let len = usize::try_from(varint(&mut rest)?).ok()?;
    let number_at = bytes.len() - rest.len();
    rest.split_off(..len)?;
    let long = Long {
        version,
        is_initial,
        id,
        bytes: bytes.get(..number_at + len)?,
        number_at,
    };
    Some((long, rest))
}

impl Long<'_> {
    /// What it carries, if its keys come from this connection id.
    fn open(&self, id: &[u8]) -> Option<Vec<u8>> {
        let keys = Keys::new(&self.version, id)?;
        // Header protection: RFC 9001, section 5.4.
        let sample = self.bytes.get(self.number_at + 4..)?.first_chunk::<16>()?;
        let mut mask = (*sample).into();
        keys.header.encrypt_block(&mut mask);
        let mut header = self.bytes.get(..self.number_at + 4)?.to_vec();
        *header.first_mut()? ^= mask[0] & 0x0F;
        let number_len = usize::from(header.first()? & 3) + 1;
        header.truncate(self.number_at + number_len);
        let number = header.get_mut(self.number_at..)?;
        let mut nonce = keys.iv;
        for (i, byte) in number.iter_mut().enumerate() {
            *byte ^= mask[1 + i];
            nonce[12 - number_len + i] ^= *byte;
        }
        let sealed = self.bytes.get(self.number_at + number_len..)?;
        let (content, tag) = sealed.split_last_chunk::<TAG_LEN>()?;
        let mut content = content.to_vec();
        let opened = keys.packet.decrypt_inout_detached(
            &nonce.into(),
            &header,
            content.as_mut_slice().into(),
            &(*tag).into(),
        );
        opened.is_ok().then_some(content)
    }
}

/// Frames of an Initial packet (RFC 9000, section 12.4), as far as they are known.
fn crypto(payload: &[u8], pieces: &mut Vec<(u64, Vec<u8>)>) -> Option<()> {
    let mut rest = payload;
    while pieces.len() < PIECES_MAX
        && let Some(kind) = rest.split_off_first()
    {
        match kind {
            // Padding, ping.
            0 | 1 => {}
            // Acknowledgements: largest, delay, ranges, and three counts of congestion.
            2 | 3 => {
                varint(&mut rest)?;
                varint(&mut rest)?;
                let ranges = varint(&mut rest)?;
                varint(&mut rest)?;
                for _ in 0..ranges {
                    varint(&mut rest)?;
                    varint(&mut rest)?;
                }
                for _ in 0..if *kind == 3 { 3 } else { 0 } {
                    varint(&mut rest)?;
                }
            }
            6 => {
                let at = varint(&mut rest)?;
                let len = usize::try_from(varint(&mut rest)?).ok()?;
                pieces.push((at, rest.split_off(..len)?.to_vec()));
            }
            _ => return None,
        }
    }
    Some(())
}

fn connection_id<'b>(rest: &mut &'b [u8]) -> Option<&'b [u8]> {
    let len = usize::from(*rest.split_off_first()?);
    if len > ID_MAX {
        return None;
    }
    rest.split_off(..len)
}

/// RFC 9000, section 16.
fn varint(rest: &mut &[u8]) -> Option<u64> {
    let first = *rest.split_off_first()?;
    let more = rest.split_off(..(1 << (first >> 6)) - 1)?;
    let low = u64::from(first & 0x3F);
    Some(more.iter().fold(low, |n, &byte| n << 8 | u64::from(byte)))
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A sealed Initial packet of version 1 to connection `id`, with keys that come from `first`.
    pub(crate) fn sealed(id: &[u8], first: &[u8], frames: &[u8]) -> Vec<u8> {
        let keys = Keys::new(&version(1).expect("known"), first).expect("keys");
        let mut frames = frames.to_vec();
        frames.resize(frames.len().max(64), 0);
        let mut header = vec![0xC3, 0, 0, 0, 1, id.len() as u8];
        header.extend(id);
        header.extend([0, 0]);
        let len = (4 + frames.len() + TAG_LEN) as u16;
        header.extend((len | 0x4000).to_be_bytes());
        let at = header.len();
        header.extend([0, 0, 0, 2]);
        let mut nonce = keys.iv;
        nonce[11] ^= 2;
        let tag = keys
            .packet
            .encrypt_inout_detached(&nonce.into(), &header, frames.as_mut_slice().into())
            .expect("short enough");
        let mut packet = [&header[..], &frames, &tag].concat();
        let mut mask = <[u8; 16]>::try_from(&packet[at + 4..at + 20])
            .expect("16 bytes")
            .into();
        keys.header.encrypt_block(&mut mask);
        packet[0] ^= mask[0] & 0x0F;
        for i in 0..4 {
            packet[at + i] ^= mask[1 + i];
        }
        packet
    }

    #[test]
    fn keys_are_those_of_the_rfc() {
        // RFC 9001, appendix A.1, and RFC 9369, appendix A.1.
        let id = [0x83, 0x94, 0xC8, 0xF0, 0x3E, 0x51, 0x57, 0x08];
        let iv = |number| Keys::new(&version(number)?, &id).map(|keys| hex::encode(keys.iv));
        assert_eq!(iv(1).as_deref(), Some("fa044b2f42a3fd3b46fb255c"));
        assert_eq!(iv(0x6B33_43CF).as_deref(), Some("91f73e2351d8fa91660e909f"));
        // The drafts' appendix A.1, which Meta's versions share.
        for number in [0xFF00_0017, 0xFF00_001B, 0xFACE_B001, 0xFACE_B002] {
            assert_eq!(iv(number).as_deref(), Some("8681359410a70bb9c92f0420"));
        }
        assert_eq!(iv(2), None);
    }

    #[test]
    fn pieces_come_out_in_the_order_of_the_frames() {
        let frames = [
            &[1, 0, 6, 5, 2][..],
            b"lo",
            &[2, 0, 0, 0, 0, 6, 0, 3],
            b"hel",
        ]
        .concat();
        let mut datagram = sealed(b"12345678", b"12345678", &frames);
        let pieces = vec![(5, b"lo".to_vec()), (0, b"hel".to_vec())];
        assert_eq!(client_handshake(&datagram, &mut None), pieces);
        // Behind it in the same datagram, another.
        datagram.extend(sealed(b"abc", b"abc", &[6, 0, 1, b'x']));
        assert_eq!(client_handshake(&datagram, &mut None).len(), 3);
        // The tag is checked.
        *datagram.last_mut().expect("bytes") ^= 1;
        assert_eq!(client_handshake(&datagram, &mut None), pieces);
    }

    #[test]
    fn keys_stay_when_the_client_takes_on_the_servers_id() {
        let frames = [6, 0, 1, b'x'];
        let [mut first, mut none] = [Some(b"12345678".to_vec()), None];
        let later = sealed(b"of the server", b"12345678", &frames);
        assert_eq!(client_handshake(&later, &mut none), vec![]);
        let found = client_handshake(&later, &mut first);
        assert_eq!(found, vec![(0, b"x".to_vec())]);
        assert_eq!(first.as_deref(), Some(&b"12345678"[..]));
    }

    proptest! {
        #[test]
        fn anything_can_be_read(mut bytes in proptest::collection::vec(any::<u8>(), 0..200), v in 0..3u8) {
            client_handshake(&bytes, &mut None);
            if let Some(head) = bytes.first_chunk_mut::<6>() {
                *head = [0xC0 | head[0], 0, 0, 0, v, head[5] % 24];
            }
            client_handshake(&bytes, &mut Some(vec![1]));
            let mut pieces = Vec::new();
            crypto(&bytes, &mut pieces);
            client_handshake(&sealed(b"1234", b"1234", &bytes), &mut None);
        }
    }
}
