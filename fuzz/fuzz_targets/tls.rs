//! A connection with keys that fit nothing: a byte of side, one of length, again and again; the first
//! byte says how much of the rest is the key log.
#![no_main]
use wire::tls::{Keys, Session, Side};

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let [n, rest @ ..] = bytes else { return };
    let (log, mut rest) = rest.split_at(rest.len().min(usize::from(*n)));
    let keys = Keys::parse(log);
    let mut session = Session::default();
    let (mut pushed, mut seen) = (0, 0);
    let mut on = |piece: wire::tls::Piece| seen += piece.len();
    while let [kind, len, after @ ..] = rest {
        let (part, next) = after.split_at(after.len().min(usize::from(*len)));
        let side = if kind & 1 == 0 {
            Side::Client
        } else {
            Side::Server
        };
        if kind & 2 != 0 {
            session.gap(side, u64::from(*kind) << (len & 31), &keys, &mut on);
        }
        session.push(side, part, &keys, &mut on);
        if side == Side::Client {
            pushed += part.len();
        }
        rest = next;
    }
    session.finish(&keys, &mut on);
    assert_eq!(pushed, seen);
});
