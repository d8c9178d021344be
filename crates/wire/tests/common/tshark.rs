//! Another program's reading of the same bytes: a judge in tests, never a part.

use std::path::Path;
use std::process::Command;

use wire::pcapng::{LINK_ETHERNET, Section, Writer};
use wire::tls::Side;

use super::Recorded;

/// The connection as a capture with its keys in it.
pub fn capture(recorded: &Recorded) -> Vec<u8> {
    let mut writer = Writer::new(&Section::default());
    // In front, for tshark knows no keys before it has come by them.
    writer.tls_keys(recorded.keylog.as_bytes());
    let interface = writer.interface("lo", LINK_ETHERNET, 0);
    let mut seq = [1_000u32, 9_000];
    let mut t = 1_700_000_000_000_000_000;
    let mut packet = |side: Side, seq: [u32; 2], syn: bool, ack: bool, payload: &[u8]| {
        let client = side == Side::Client;
        let (client_end, server_end) = (([10, 0, 0, 1], 40_000), ([10, 0, 0, 2], 443));
        let (from, to) = if client {
            (client_end, server_end)
        } else {
            (server_end, client_end)
        };
        let [mine, other] = if client { seq } else { [seq[1], seq[0]] };
        let mut tcp = etherparse::PacketBuilder::ethernet2([1; 6], [2; 6])
            .ipv4(from.0, to.0, 64)
            .tcp(from.1, to.1, mine, 64_000);
        if syn {
            tcp = tcp.syn();
        }
        if ack {
            tcp = tcp.ack(other);
        }
        let mut data = Vec::new();
        tcp.write(&mut data, payload).unwrap();
        t += 1_000_000;
        writer.packet(interface, t, data.len() as u32, &data);
    };
    packet(Side::Client, [999, 0], true, false, &[]);
    packet(Side::Server, [1_000, 8_999], true, true, &[]);
    packet(Side::Client, seq, false, true, &[]);
    for (side, bytes) in &recorded.sent {
        packet(*side, seq, false, true, bytes);
        seq[usize::from(*side == Side::Server)] += bytes.len() as u32;
    }
    writer.take()
}

/// Values of `fields`, one row for each packet that `filter` takes, in two passes.
pub fn rows(file: &Path, filter: &str, fields: &[&str], more: &[&str]) -> Vec<Vec<String>> {
    let mut command = Command::new("tshark");
    command.arg("-n").arg("-2").arg("-r").arg(file).args(more);
    command.args([
        "-Y",
        filter,
        "-T",
        "fields",
        "-E",
        "separator=/t",
        "-E",
        "aggregator=|",
    ]);
    fields.iter().for_each(|field| {
        command.args(["-e", field]);
    });
    let out = command.output().unwrap();
    assert!(
        out.status.success(),
        "{}",
        String::from_utf8_lossy(&out.stderr)
    );
    let text = String::from_utf8(out.stdout).unwrap();
    let row = |line: &str| line.split('\t').map(str::to_owned).collect();
    text.lines().map(row).collect()
}
