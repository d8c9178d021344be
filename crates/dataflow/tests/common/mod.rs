//! Canaries as a stage would draw them.

use dataflow::canary::{Canary, CanaryKind};
use dice::Dice;

/// So many canaries of all kinds in turn, their values drawn.
pub fn drawn(n: usize, seed: u64) -> Vec<Canary> {
    use CanaryKind::*;
    let kinds = [
        HostName,
        UserName,
        RealName,
        Mac,
        MachineId,
        AdvertisingId,
        Serial,
        Position,
        WifiName,
        BluetoothDevice,
        AudioDevice,
        Contact,
        Email,
        Phone,
    ];
    let mut dice = Dice::new(seed, 0, 0);
    let canary = |i| {
        let kind = kinds[i % kinds.len()];
        Canary {
            name: format!("{kind:?} {i}"),
            kind,
            value: value(kind, &mut dice),
        }
    };
    (0..n).map(canary).collect()
}

const LOWER: &[u8] = b"abcdefghijklmnopqrstuvwxyz";
const DIGITS: &[u8] = b"0123456789";
const HEX: &[u8] = b"0123456789abcdef";
const SERIAL: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

fn value(kind: CanaryKind, dice: &mut Dice) -> String {
    let mut of = |letters: &[u8], n: usize| -> String {
        (0..n)
            .map(|_| char::from(letters[dice.below(letters.len())]))
            .collect()
    };
    match kind {
        CanaryKind::HostName => format!("{}.example.org", of(LOWER, 10)),
        CanaryKind::RealName | CanaryKind::Contact => {
            format!("{} {}", of(LOWER, 9), of(LOWER, 11))
        }
        CanaryKind::Mac => format!("02{}", of(HEX, 10)),
        CanaryKind::MachineId => of(HEX, 32),
        CanaryKind::AdvertisingId => {
            let parts = [8, 4, 4, 4, 12].map(|n| of(HEX, n));
            parts.join("-")
        }
        CanaryKind::Serial => of(SERIAL, 12),
        CanaryKind::Position => format!(
            "5{}.{},1{}.{}",
            of(DIGITS, 1),
            of(DIGITS, 7),
            of(DIGITS, 1),
            of(DIGITS, 7)
        ),
        CanaryKind::Email => format!("{}.{}@example.org", of(LOWER, 6), of(LOWER, 8)),
        CanaryKind::Phone => format!("+4930{}", of(DIGITS, 9)),
        _ => of(LOWER, 12),
    }
}
