//! Answers to questions for names (RFC 1035): every name has one IPv4 address, and no other record.

use crate::names::Names;

/// The kind of record that has an IPv4 address, and the class of the Internet.
const A: u16 = 1;
const INTERNET: u16 = 1;

/// Seconds for which an answer holds.
const TTL_S: u32 = 60;

/// Answers without an error, with "there was a failure", and with "there is no such name".
const NO_ERROR: u16 = 0;
const SERVER_FAILURE: u16 = 2;
const NO_SUCH_NAME: u16 = 3;

/// Firefox asks the network for this name before it turns to a resolver of its own, and leaves it be where
/// there is no such name (support.mozilla.org, "Canary domain - use-application-dns.net").
const CANARY: &str = "use-application-dns.net";

/// A question, and the answer to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answered {
    /// The name that was asked for.
    pub name: String,
    /// The kind of record.
    pub kind: u16,
    /// The whole answer.
    pub answer: Vec<u8>,
}

/// Answers a message; nothing for what asks nothing.
pub(crate) fn answer(message: &[u8], names: &mut Names) -> Option<Answered> {
    let word = |at: usize| Some(u16::from_be_bytes(*message.get(at..)?.first_chunk()?));
    let (flags, questions) = (word(2)?, word(4)?);
    // A standard query (QR and the opcode are zero) of one question, as all are in practice.
    if flags & 0xF800 != 0 || questions != 1 {
        return None;
    }
    let name = wire::dns::question(message)?;
    let end = end_of_name(message)?;
    let (kind, class) = (word(end)?, word(end + 2)?);
    let question = &message[12..end + 4];
    // A name without a dot is of the own network: browsers try three random ones to find out a network that
    // answers everything, and proxies are looked for by one.
    let is_absent = !name.contains('.') || name.eq_ignore_ascii_case(CANARY);
    let address = match !is_absent && kind == A && class == INTERNET {
        true => names.address(&name),
        false => None,
    };
    let code = match (is_absent, kind, address) {
        (true, ..) => NO_SUCH_NAME,
        (false, A, None) => SERVER_FAILURE,
        _ => NO_ERROR,
    };
    let mut answer = Vec::with_capacity(question.len() + 28);
    answer.extend(&message[..2]);
    // An answer with recursion, wanted as it was in the question.
    answer.extend((0x8080 | flags & 0x0100 | code).to_be_bytes());
    let count = u16::from(address.is_some());
    for n in [1, count, 0, 0] {
        answer.extend(n.to_be_bytes());
    }
    answer.extend(question);
    if let Some(address) = address {
        // The name is the question's, at byte 12.
        answer.extend([0xC0, 12]);
        answer.extend(A.to_be_bytes());
        answer.extend(INTERNET.to_be_bytes());
        answer.extend(TTL_S.to_be_bytes());
        answer.extend(4u16.to_be_bytes());
        answer.extend(address.octets());
    }
    Some(Answered { name, kind, answer })
}

/// Where what follows the question's name begins. A first name has nothing to point to.
fn end_of_name(message: &[u8]) -> Option<usize> {
    let mut at = 12;
    loop {
        match usize::from(*message.get(at)?) {
            0 => return Some(at + 1),
            len @ 1..=63 => at += 1 + len,
            _ => return None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn question(name: &str, kind: u16) -> Vec<u8> {
        let mut message = vec![0xAB, 0xCD, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];
        for label in name.split('.') {
            message.push(label.len() as u8);
            message.extend(label.as_bytes());
        }
        message.push(0);
        message.extend(kind.to_be_bytes());
        message.extend([0, 1]);
        message
    }

    #[test]
    fn a_name_has_one_address_and_nothing_else() {
        let mut names = Names::default();
        let asked = question("metrics.example.net", 1);
        let said = answer(&asked, &mut names).unwrap();
        assert_eq!((&said.name[..], said.kind), ("metrics.example.net", 1));
        let found = wire::dns::answers(&said.answer);
        let expected = (
            "198.18.0.1".parse().unwrap(),
            "metrics.example.net".to_owned(),
        );
        assert_eq!(found, [expected]);
        for kind in [28, 65, 64, 16, 255] {
            let said = answer(&question("metrics.example.net", kind), &mut names).unwrap();
            assert!(wire::dns::answers(&said.answer).is_empty());
            assert_eq!(said.answer[2..8], [0x81, 0x80, 0, 1, 0, 0]);
        }
    }

    #[test]
    fn what_browsers_look_for_to_know_a_network_is_not_there() {
        for name in ["qzxkvwpjrt", "wpad", "use-application-dns.net"] {
            let said = answer(&question(name, 1), &mut Names::default()).unwrap();
            assert_eq!(said.answer[3] & 15, 3, "{name}");
        }
    }

    #[test]
    fn an_answer_is_answered_by_nobody() {
        let mut names = Names::default();
        let said = answer(&question("example.org", 1), &mut names).unwrap();
        assert_eq!(answer(&said.answer, &mut names), None);
    }

    proptest! {
        #[test]
        fn any_bytes_are_survived(bytes in proptest::collection::vec(any::<u8>(), 0..80), at in 0usize..60) {
            let mut names = Names::default();
            let _ = answer(&bytes, &mut names);
            let mut damaged = question("metrics.example.net", 1);
            let at = at % damaged.len();
            damaged.splice(at.., bytes);
            if let Some(said) = answer(&damaged, &mut names) {
                prop_assert_eq!(&said.answer[..2], &damaged[..2]);
            }
        }
    }
}
