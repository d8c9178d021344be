use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use record::{Code, Phase, Player, Protocol, Stretch};

use crate::Seed;

/// Most blocks of a phase that a key holds (12 days of 1 s blocks): a damaged manifest must not
/// make us fill the memory.
pub const MAX_BLOCKS: u32 = 1 << 20;

/// Most symbols a block may be drawn from.
pub const MAX_SYMBOLS: u32 = 16;

/// The coins of one player and code: for each phase and block the symbol, drawn independently and
/// uniformly. Known to the player while it plays and to the judge afterwards, to nobody else.
#[derive(Clone, PartialEq, Eq)]
pub struct Key {
    control: Vec<u8>,
    muted: Vec<u8>,
}

impl Key {
    /// Draws the coins of `player`'s fast code. Block counts above [`MAX_BLOCKS`] are cut off
    /// there; symbol counts outside 2..=[`MAX_SYMBOLS`] are taken as the nearer end.
    pub fn derive(seed: &Seed, protocol: &Protocol, player: Player) -> Key {
        let coins = |phase| {
            let domain = format!("{}/{}", player_name(player), phase_name(phase));
            draw(
                seed,
                &domain,
                protocol.symbols,
                protocol.coded_blocks(phase),
            )
        };
        Key {
            control: coins(Phase::Control),
            muted: coins(Phase::Muted),
        }
    }

    /// Draws the coins of one of `player`'s codes; of all but the fast one for whole blocks of the
    /// muted phase alone: they do not play during the control. Nothing for a code that is not played.
    /// Those of the activities and of the transitions count from the first of them on.
    pub fn of_code(seed: &Seed, protocol: &Protocol, player: Player, code: Code) -> Option<Key> {
        if code == Code::Fast {
            return Some(Key::derive(seed, protocol, player));
        }
        if code.is_attention() {
            let stretch = protocol.attention.iter().find(|s| s.code == code)?;
            return Key::of_stretch(seed, player, stretch);
        }
        let phase = Phase::Muted;
        let slower = protocol.slower.iter().find(|s| s.code == code);
        let n_blocks = match code {
            Code::ActivityPair | Code::ActivityOne => protocol.activities?.blocks,
            Code::Transition => protocol.transitions?.blocks,
            _ => protocol.coded_blocks(phase) / slower?.every.max(1),
        };
        let domain = format!(
            "{}/{}/{}",
            player_name(player),
            phase_name(phase),
            code_name(code)?
        );
        let symbols = match (code, protocol.activities, slower) {
            (Code::ActivityOne, Some(activities), _) => activities.half,
            (_, _, Some(slower)) => slower.levels().into(),
            _ => 2,
        };
        Some(Key {
            control: Vec::new(),
            muted: draw(seed, &domain, symbols, n_blocks),
        })
    }

    /// Those of a stretch that asks about attention, behind either phase.
    fn of_stretch(seed: &Seed, player: Player, stretch: &Stretch) -> Option<Key> {
        let name = code_name(stretch.code)?;
        let coins = |phase| {
            let domain = format!("{}/{}/{name}", player_name(player), phase_name(phase));
            draw(seed, &domain, 2, stretch.blocks)
        };
        Some(Key {
            control: coins(Phase::Control),
            muted: coins(Phase::Muted),
        })
    }

    /// The symbol of block `block_idx` of `phase`, 0 the quietest; `None` past the phase's end.
    pub fn symbol(&self, phase: Phase, block_idx: u32) -> Option<u8> {
        self.symbols(phase).get(block_idx as usize).copied()
    }

    /// All symbols of `phase`.
    pub fn symbols(&self, phase: Phase) -> &[u8] {
        match phase {
            Phase::Control => &self.control,
            Phase::Muted => &self.muted,
        }
    }
}

/// Which of the named activities is played in each of their blocks, counted over both halves; nothing
/// where none are played.
pub fn activities(seed: &Seed, protocol: &Protocol, player: Player) -> Option<Vec<u32>> {
    let half = protocol.activities?.half;
    let coins = |code| Key::of_code(seed, protocol, player, code);
    let (pair, one) = (coins(Code::ActivityPair)?, coins(Code::ActivityOne)?);
    let both = pair
        .symbols(Phase::Muted)
        .iter()
        .zip(one.symbols(Phase::Muted));
    let which = both.map(|(pair, one)| u32::from(*pair) * half + u32::from(*one));
    Some(which.collect())
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key(..)")
    }
}

/// The name of a player in a domain string. Changing one changes every coin: new protocol version.
pub(crate) fn player_name(player: Player) -> &'static str {
    match player {
        Player::Mic => "mic",
        Player::Sham => "sham",
    }
}

/// The name of a phase in a domain string.
pub(crate) fn phase_name(phase: Phase) -> &'static str {
    match phase {
        Phase::Control => "control",
        Phase::Muted => "muted",
    }
}

/// The name of a slower code in a domain string; the fast one has none.
fn code_name(code: Code) -> Option<String> {
    match code {
        Code::Fast | Code::Unknown => None,
        slower => Some(slower.name().replace('_', "-")),
    }
}

fn draw(seed: &Seed, domain: &str, symbols: u32, n_blocks: u32) -> Vec<u8> {
    let mut rng = ChaCha20Rng::from_seed(seed.derive(&format!("muteproof/v1/key/{domain}")));
    let n_symbols = symbols.clamp(2, MAX_SYMBOLS);
    // Rejection instead of a modulo, which would favour the low symbols where M is no power of 2.
    let limit = u32::MAX - u32::MAX % n_symbols;
    let coin = || loop {
        let word = rng.next_u32();
        if word < limit {
            return (word % n_symbols) as u8;
        }
    };
    std::iter::repeat_with(coin)
        .take(n_blocks.min(MAX_BLOCKS) as usize)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile;

    fn long(symbols: u32) -> Protocol {
        let standard = profile("standard").unwrap();
        Protocol {
            symbols,
            control_blocks: 20_000,
            muted_blocks: 20_000,
            ..standard
        }
    }

    /// Share of blocks where two sequences agree.
    fn agreement(a: &[u8], b: &[u8]) -> f64 {
        a.iter().zip(b).filter(|(a, b)| a == b).count() as f64 / a.len() as f64
    }

    #[test]
    fn coins_are_fair_and_independent_between_players_phases_and_neighbours() {
        let (seed, protocol) = (Seed([3; 32]), long(2));
        let mic = Key::derive(&seed, &protocol, Player::Mic);
        let sham = Key::derive(&seed, &protocol, Player::Sham);
        let (control, muted) = (mic.symbols(Phase::Control), mic.symbols(Phase::Muted));
        let ones = control.iter().filter(|&&s| s == 1).count() as f64 / 20_000.0;
        // Five standard deviations of a fair coin's share over 20,000 blocks: 0.0177.
        for share in [
            ones,
            agreement(control, muted),
            agreement(control, sham.symbols(Phase::Control)),
            agreement(muted, sham.symbols(Phase::Muted)),
            agreement(&control[1..], &control[..19_999]),
        ] {
            assert!((share - 0.5).abs() < 0.0177, "share {share}");
        }
    }

    #[test]
    fn three_symbols_are_equally_likely() {
        let key = Key::derive(&Seed([4; 32]), &long(3), Player::Mic);
        for symbol in 0..3 {
            let n = key
                .symbols(Phase::Muted)
                .iter()
                .filter(|&&s| s == symbol)
                .count();
            assert!(
                (n as f64 / 20_000.0 - 1.0 / 3.0).abs() < 0.0167,
                "{symbol}: {n}"
            );
        }
    }

    #[test]
    fn a_key_is_a_function_of_seed_and_protocol_and_longer_runs_begin_alike() {
        let seed = Seed([5; 32]);
        let short = Protocol {
            muted_blocks: 50,
            ..long(2)
        };
        let a = Key::derive(&seed, &long(2), Player::Mic);
        let b = Key::derive(&seed, &short, Player::Mic);
        assert_eq!(a.symbols(Phase::Muted)[..50], *b.symbols(Phase::Muted));
        assert_eq!(b.symbol(Phase::Muted, 50), None);
        assert_ne!(a, Key::derive(&Seed([6; 32]), &long(2), Player::Mic));
    }

    #[test]
    fn every_code_has_coins_of_its_own() {
        let (seed, protocol) = (Seed([8; 32]), long(2));
        let of = |code| Key::of_code(&seed, &protocol, Player::Mic, code).unwrap();
        let fast = Key::derive(&seed, &protocol, Player::Mic);
        assert_eq!(of(Code::Fast), fast);
        let content = of(Code::Content);
        assert_eq!(content.symbols(Phase::Muted).len(), 20_000 / 4);
        assert!(content.symbols(Phase::Control).is_empty());
        let coins = |key: &Key| key.symbols(Phase::Muted).to_vec();
        let slow = coins(&of(Code::Slow));
        let coarse: Vec<u8> = slow.iter().map(|symbol| symbol >> 1).collect();
        let fine: Vec<u8> = slow.iter().map(|symbol| symbol & 1).collect();
        for (a, b) in [
            (&coarse, &coins(&of(Code::Medium))),
            (&fine, &coarse),
            (&coins(&of(Code::Medium)), &coins(&content)),
            (&coins(&content), &coins(&fast)),
        ] {
            let n = a.len() as f64;
            let share = agreement(a, b);
            // Five standard deviations.
            assert!((share - 0.5).abs() < 2.5 / n.sqrt(), "{share} of {n}");
        }
        let alone = profile("quick").unwrap();
        assert_eq!(Key::of_code(&seed, &alone, Player::Mic, Code::Slow), None);
    }

    /// Whatever the size of a half, each activity is equally likely, and the coin of the halves is the
    /// same coin.
    #[test]
    fn activities_are_drawn_fairly() {
        let seed = Seed([9; 32]);
        let of = |half| Protocol {
            activities: Some(record::Activities {
                every: 1,
                blocks: 18_000,
                half,
            }),
            ..long(2)
        };
        let pair = |half| Key::of_code(&seed, &of(half), Player::Mic, Code::ActivityPair);
        assert_eq!(pair(2), pair(3));
        for half in [2, 3, 8] {
            let drawn = activities(&seed, &of(half), Player::Mic).unwrap();
            let expected = 18_000.0 / f64::from(2 * half);
            for activity in 0..2 * half {
                let n = drawn.iter().filter(|a| **a == activity).count() as f64;
                // Five standard deviations.
                assert!(
                    (n - expected).abs() < 5.0 * expected.sqrt(),
                    "{activity}: {n}"
                );
            }
            assert!(drawn.iter().all(|a| *a < 2 * half));
        }
        assert_eq!(activities(&seed, &long(2), Player::Mic), None);
    }

    #[test]
    fn a_nonsense_protocol_gives_a_key_nevertheless() {
        let silly = Protocol {
            symbols: 0,
            muted_blocks: u32::MAX,
            ..long(2)
        };
        let key = Key::derive(&Seed([5; 32]), &silly, Player::Mic);
        assert_eq!(key.symbols(Phase::Muted).len(), MAX_BLOCKS as usize);
        assert!(key.symbols(Phase::Muted).iter().all(|&s| s < 2));
    }

    #[test]
    fn a_slower_code_of_a_nonsense_number_of_symbols_has_two() {
        for symbols in [0, 1, 3, 5, u32::MAX] {
            let mut silly = long(2);
            silly.slower.iter_mut().for_each(|s| s.symbols = symbols);
            let key = Key::of_code(&Seed([5; 32]), &silly, Player::Mic, Code::Slow).unwrap();
            let drawn = key.symbols(Phase::Muted);
            assert!(!drawn.is_empty() && drawn.iter().all(|&s| s < 2));
            let lowered = [0, 1, 7].map(|symbol| silly.slower[1].lowered_db(symbol));
            assert_eq!(lowered, [silly.slower[1].step_db, 0.0, 0.0]);
        }
    }
}
