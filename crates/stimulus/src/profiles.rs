use record::{Activities, Code, Protocol, SlowerCode, Stretch, Transitions};

/// Version of the rules that make samples and coins out of a seed.
pub const PROTOCOL_VERSION: u32 = 1;

/// Length of a block of the fast code. Long enough for lookahead, jitter buffers and voice
/// activity hangover to settle within it, short enough for 60 coins in a minute.
pub const BLOCK_NS: u64 = 1_000_000_000;

/// What runs beside the fast code in profiles that last long enough for it: the block's length in
/// blocks of the fast code, and the step in dB.
///
/// The slow code's blocks are a minute, the rhythm of the telemetry that was found to leak (Yang et
/// al., PoPETs 2022). Its step is large against what the other codes do to the mean level of a
/// minute (about 1 dB each way) and against what lies between two such minutes of an app's own making, and the sum of
/// all steps keeps the loudest fast block of the lowest minute, at -42 dBFS, audible to a voice activity detector.
const SLOWER: [SlowerCode; 3] = [
    SlowerCode {
        code: Code::Medium,
        every: 10,
        step_db: 6.0,
        symbols: 2,
    },
    SlowerCode {
        code: Code::Slow,
        every: 60,
        step_db: 16.0,
        symbols: 4,
    },
    SlowerCode {
        code: Code::Content,
        every: 4,
        step_db: 0.0,
        symbols: 2,
    },
];

/// Named activities at the end of the longest profile: a quarter of an hour of ten seconds each.
const ACTIVITIES: Activities = Activities {
    every: 10,
    blocks: 90,
    half: Activities::GENERATED,
};

/// Cycles of mute and unmute: two seconds of sound, and as long unmuted. A mute has two seconds to
/// be confirmed before the next sound. With fewer than thirty coins not even a plain leak is found
/// beside everything else that is bet on.
const TRANSITIONS: Transitions = Transitions {
    blocks: 36,
    every: 7,
    sound: 2,
    unmute_at: 3,
    mute_at: 5,
};

/// The quiet level of the fast code where other codes pull everything down, dBFS: with all of them
/// low it ends at the level that it has alone.
const LOW_BESIDE_OTHERS_DBFS: f32 = LOW_DBFS + 22.0;

/// Not digital silence: an app that treats exact zeros as an unplugged microphone would answer to
/// that instead of to loudness.
const LOW_DBFS: f32 = -75.0;

/// Shortest muted time in which blocks of a minute can show anything, seconds.
const SLOWER_FROM_S: u32 = 20 * 60;

/// Every profile: name, control time and muted time in seconds.
pub const PROFILES: [(&str, u32, u32); 4] = [
    ("smoke", 45, 60),
    ("quick", 90, 180),
    ("standard", 90, 30 * 60),
    ("full", 90, 60 * 60),
];

/// The protocol of a named profile: `smoke` (for CI), `quick`, `standard`, `full`; `None` for
/// any other name but `tenth` and `activities`.
pub fn profile(name: &str) -> Option<Protocol> {
    match name {
        "tenth" => return Some(tenth()),
        "activities" => return Some(activities()),
        _ => {}
    }
    let &(_, control_s, muted_s) = PROFILES.iter().find(|(n, ..)| *n == name)?;
    let blocks = |seconds: u32| (u64::from(seconds) * 1_000_000_000 / BLOCK_NS) as u32;
    let (slower, low_dbfs) = match muted_s >= SLOWER_FROM_S {
        true => (SLOWER.to_vec(), LOW_BESIDE_OTHERS_DBFS),
        false => (Vec::new(), LOW_DBFS),
    };
    Some(Protocol {
        version: PROTOCOL_VERSION,
        sample_rate_hz: 48_000,
        symbols: 2,
        block_ns: BLOCK_NS,
        control_blocks: blocks(control_s),
        muted_blocks: blocks(muted_s),
        guard_ns: 200_000_000,
        high_dbfs: -20.0,
        low_dbfs,
        alpha: 0.001,
        slower,
        activities: (name == "full").then_some(ACTIVITIES),
        transitions: None,
        attention: Vec::new(),
    })
}

/// For trying telemetry of the study's kind again and again: the slow code at a tenth of its time,
/// for an app whose reports come ten times as often, beside the codes that are quick enough. Forty
/// slow blocks. The fast code's coins scatter the mean level of six blocks three times as much as
/// that of sixty, so the slow step is larger by as much: telemetry of a mean is then as plain as in
/// the standard profile.
fn tenth() -> Protocol {
    const STEP_DB: f32 = 22.0;
    let standard = profile("standard").expect("a profile");
    let slower = SLOWER.into_iter().filter_map(|code| match code.code {
        Code::Slow => Some(SlowerCode {
            every: 6,
            step_db: STEP_DB,
            ..code
        }),
        Code::Content => Some(code),
        _ => None,
    });
    Protocol {
        control_blocks: 45,
        muted_blocks: 40 * 6,
        slower: slower.collect(),
        low_dbfs: LOW_DBFS + STEP_DB,
        ..standard
    }
}

/// For trying what names the activities: the smoke profile and forty blocks of them behind it, so that
/// a session takes nine minutes and not an hour.
fn activities() -> Protocol {
    let smoke = profile("smoke").expect("a profile");
    let activities = Activities {
        blocks: 40,
        ..ACTIVITIES
    };
    Protocol {
        muted_blocks: smoke.muted_blocks + activities.every * activities.blocks,
        activities: Some(activities),
        ..smoke
    }
}

/// Fewest stretches where recordings play: of one of six kinds there are then ten, and that one of them
/// is played once or never happens in one session of seven hundred.
const RECORDED_MIN: u32 = 60;

/// The same with recordings of so many kinds in the place of the generated activities. Nothing where the
/// profile plays no activities, or where the kinds cannot be parted into halves: an even number from 4
/// to 32.
pub fn with_recordings(protocol: Protocol, kinds: u32) -> Option<Protocol> {
    let generated = protocol.activities?;
    let half = kinds / 2;
    if !kinds.is_multiple_of(2) || !(Activities::GENERATED..=crate::MAX_SYMBOLS).contains(&half) {
        return None;
    }
    let activities = Activities {
        blocks: generated.blocks.max(RECORDED_MIN),
        half,
        ..generated
    };
    let more = (activities.blocks - generated.blocks) * activities.every;
    Some(Protocol {
        muted_blocks: protocol.muted_blocks + more,
        activities: Some(activities),
        ..protocol
    })
}

/// The same with cycles of mute and unmute behind everything else.
pub fn with_transitions(protocol: Protocol) -> Protocol {
    Protocol {
        muted_blocks: protocol.muted_blocks + TRANSITIONS.every * TRANSITIONS.blocks,
        transitions: Some(TRANSITIONS),
        ..protocol
    }
}

/// What a person does in front of the machine: two seconds a block, so that what is told at once, and what is
/// told once a second, falls into the block that it is about. Sixty coins are as many as the shortest
/// profile has.
const ATTENTION_EVERY: u32 = 2;
const ATTENTION_BLOCKS: u32 = 60;

/// The same with a stretch for each of these behind everything else, in this order.
pub fn with_attention(protocol: Protocol, codes: &[Code]) -> Protocol {
    let stretch = |code: &Code| Stretch {
        code: *code,
        every: ATTENTION_EVERY,
        blocks: ATTENTION_BLOCKS,
    };
    Protocol {
        attention: codes.iter().map(stretch).collect(),
        ..protocol
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn profiles_are_as_declared() {
        let smoke = profile("smoke").unwrap();
        assert_eq!((smoke.control_blocks, smoke.muted_blocks), (45, 60));
        assert_eq!(profile("full").unwrap().muted_blocks, 3600);
        assert_eq!(profile("quick").unwrap().control_blocks, 90);
        assert!(profile("").is_none());
        assert!(profile("quick").unwrap().slower.is_empty());
        let full = profile("full").unwrap();
        assert_eq!(full.coded_blocks(record::Phase::Muted), 45 * 60);
        assert!(profile("standard").unwrap().activities.is_none());
        let few = profile("activities").unwrap();
        assert_eq!(few.muted_blocks, 60 + 40 * 10);
        assert_eq!(few.coded_blocks(record::Phase::Muted), 60);
        let recorded = with_recordings(few, 6).unwrap();
        assert_eq!(recorded.coded_blocks(record::Phase::Muted), 60);
        let activities = recorded.activities.unwrap();
        assert_eq!((activities.blocks, activities.half), (60, 3));
        let full = with_recordings(full, 6).unwrap();
        assert_eq!(full.muted_blocks, 3600);
        for kinds in [0, 2, 5, 34] {
            assert_eq!(with_recordings(full.clone(), kinds), None);
        }
        assert_eq!(with_recordings(smoke, 6), None);
        let steps: f32 = SLOWER.iter().map(|code| code.step_db).sum();
        let long = profile("standard").unwrap();
        assert_eq!((long.low_dbfs - steps, long.slower.len()), (LOW_DBFS, 3));
    }
}
