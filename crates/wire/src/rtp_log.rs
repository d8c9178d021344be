//! RTP as browsers write it into their own logs, before it is encrypted: a line of text a packet, in
//! the format that `text2pcap` reads (its manual page): `O 12:34:56.789 0000 80 6f …`, with a mark
//! behind it that tells such lines from others.
//!
//! Chromium does so with `--force-fieldtrials=WebRTC-Debugging-RtpDump/Enabled/` and verbose logging of
//! `srtp_session`. Firefox writes down the first bytes of a payload only, which is of no use here.

/// What marks a line.
const MARK: &str = "# RTP_DUMP";

/// Longest packet that is taken, bytes: the largest datagram of UDP.
const PACKET_MAX: usize = 65_507;

/// Longest line of such a log: three characters a byte, and some before and behind them.
pub const LINE_MAX: usize = 3 * PACKET_MAX + 128;

/// The packet that was sent, if this is the line of one.
///
/// ```
/// let line = "O 12:15:38.309 000000 80 6f 5f f3 cd 65 51 fa 4e 5a 00 01 fc # RTP_DUMP";
/// assert_eq!(wire::rtp_log::sent(line).map(|packet| packet.len()), Some(13));
/// assert_eq!(wire::rtp_log::sent(&line.replace('O', "I")), None);
/// ```
pub fn sent(line: &str) -> Option<Vec<u8>> {
    let mut words = line.trim().strip_suffix(MARK)?.split_ascii_whitespace();
    if words.next()? != "O" || !words.next()?.contains(':') {
        return None;
    }
    // The offset of the first byte in the packet: all of it stands in this line.
    if words.next()?.bytes().any(|digit| digit != b'0') {
        return None;
    }
    let byte = |word: &str| {
        let two_digits = word.len() == 2 && word.bytes().all(|digit| digit.is_ascii_hexdigit());
        two_digits.then(|| u8::from_str_radix(word, 16).ok())?
    };
    let packet: Vec<u8> = words.map(byte).collect::<Option<_>>()?;
    (!packet.is_empty() && packet.len() <= PACKET_MAX).then_some(packet)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_whole_lines_of_sent_packets_are_taken() {
        let good = "O 00:00:21.850 0000 80 ef 12 34 # RTP_DUMP";
        assert_eq!(sent(good), Some(vec![0x80, 0xEF, 0x12, 0x34]));
        assert_eq!(sent(&format!("{good} \r")), sent(good));
        for bad in [
            "",
            "# RTP_DUMP",
            "O 00:00:21.850 0000 # RTP_DUMP",
            "I 00:00:21.850 0000 80 ef # RTP_DUMP",
            "O 00:00:21.850 0010 80 ef # RTP_DUMP",
            "O 00:00:21.850 0000 80 e # RTP_DUMP",
            "O 00:00:21.850 0000 80 +f # RTP_DUMP",
            "O 00:00:21.850 0000 80 ef",
            "O 0000 80 ef # RTP_DUMP",
        ] {
            assert_eq!(sent(bad), None, "{bad}");
        }
    }

    proptest! {
        #[test]
        fn what_was_written_is_read(packet in prop::collection::vec(any::<u8>(), 1..200)) {
            let bytes: Vec<String> = packet.iter().map(|byte| format!("{byte:02x}")).collect();
            let line = format!("O 23:59:59.999 000000 {} # RTP_DUMP", bytes.join(" "));
            prop_assert_eq!(sent(&line), Some(packet));
        }

        #[test]
        fn any_line_is_taken_or_refused(line in ".{0,200}") {
            let _ = sent(&line);
            let _ = sent(&format!("{line} # RTP_DUMP"));
        }
    }
}
