//! Any bytes, and damaged ones of every format: no panic, no number beyond the bounds.

use proptest::prelude::*;
use wire::decode::{Decoded, LEAVES_MAX, PATH_MAX, decode, rtp};

fn sane(bytes: &[u8], decoded: &Decoded) -> Result<(), TestCaseError> {
    prop_assert!(decoded.opaque <= bytes.len());
    prop_assert!(decoded.leaves.len() <= LEAVES_MAX);
    for leaf in &decoded.leaves {
        prop_assert!(leaf.path.len() <= PATH_MAX && !leaf.path.contains(char::is_control));
    }
    Ok(())
}

proptest! {
    #[test]
    fn any_bytes(bytes: Vec<u8>) {
        sane(&bytes, &decode(&bytes))?;
        if let Some(decoded) = rtp(&bytes) {
            sane(&bytes, &decoded)?;
        }
    }

    #[test]
    fn damaged_messages(
        base in prop::sample::select(vec![
            &b"POST /a?b=c HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\n[1]\r\n0\r\n\r\n"[..],
            b"{\"a\":[1,2,{\"b\":\"c\"}],\"d\":\"eyJhIjoxfQeyJhIjoxfQ\"}",
            b"\x1F\x8B\x08\0\0\0\0\0\0\xFF\xAB\x56\x4A\x54\xB2\x32\xAC\x05\0\0\0\0\0\0\0\0\0",
            b"x\x9C\xABVJT\xB22\xAC\x05\0\x0A\x16\x02\x9C",
            b"\x28\xB5\x2F\xFD\x20\x07\x39\0\0{\"a\":1}",
            b"--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\n1\r\n--x--\r\n",
            b"\x82\xA7compact\xC3\xA6schema\x00",
            b"\xA2\x61\x61\x01\x61\x62\x82\x02\x03",
            b"\x08\x96\x01\x12\x07testing",
            b"\x16\x03\x01\x00\x40\x01\x00\x00\x3C\x03\x03",
            b"\x90\x00\0\x01\0\0\0\0\0\0\0\0\xBE\xDE\0\x01\x10\x7F\0\0\xFF\xFF\xFF",
        ]),
        at: prop::sample::Index,
        with: u8,
        tail: Vec<u8>,
        keep in any::<bool>(),
    ) {
        let mut bytes = base.to_vec();
        let at = at.index(bytes.len());
        bytes[at] = with;
        if !keep {
            bytes.truncate(at + 1);
            bytes.extend(tail);
        }
        sane(&bytes, &decode(&bytes))?;
        if let Some(decoded) = rtp(&bytes) {
            sane(&bytes, &decoded)?;
        }
    }
}
