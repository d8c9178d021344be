//! **Asks** whether the instrument sees this app's microphone at all: unmuted, with sound, does
//! what leaves follow it?
//! **Matters** because nothing found by a blind instrument means nothing.
//! **Decides** with the same test as the muted phase: W of at least 1,000 over the packets, or over
//! what is handed to an encoder, which is what packets of constant size are made of. Where
//! the microphone was handed nothing while muted, the peer's output may vouch in their place: then
//! it only matters that the sound was there to be heard.
//! Where the packets' clock was searched for on the control (`Aligned`), the mean over all offsets that
//! were tried has to reach that, which is as sound as one: the best of n needs n times as much.
//! **Cannot see** whether the muted app would use the same way out. A leak that was found stands
//! without it: the test's error rate does not rest on the control.

use record::{Body, Phase};

use crate::case::Case;
use crate::error_rates::{GATE_W, MIN_BLOCKS};
use crate::microphone::lamp;
use crate::note::Note;
use crate::reason::Reason;
use crate::verdict::MicrophoneStatus;

pub(crate) fn reasons(case: &Case) -> Vec<Reason> {
    let control = match lamp(&case.trials) {
        MicrophoneStatus::Closed | MicrophoneStatus::OpenNotRunning => &case.trials.control,
        MicrophoneStatus::StillRead | MicrophoneStatus::OpenRunning | MicrophoneStatus::Unknown => {
            &case.trials.control_egress
        }
    };
    // What still reaches the encoder while muted may leave in packets that nobody can read.
    let needed = GATE_W * f64::from(candidates(case));
    let fired = control.crossed() && control.w_max() >= needed
        || (case.trials.encoder_vouches() && !case.trials.encoder.crossed());
    // With too few blocks the reason is the run's length, not the instrument.
    if fired || (case.trials.blocks(Phase::Control).len() as u32) < MIN_BLOCKS {
        return Vec::new();
    }
    vec![Reason::ControlSilent {
        evidence: control.w_max(),
        needed,
    }]
}

/// What vouches where the packets did not answer the control.
pub(crate) fn notes(case: &Case) -> Vec<Note> {
    let trials = &case.trials;
    match (trials.control_egress.crossed(), trials.encoder_vouches()) {
        (false, true) => vec![Note::ControlByEncoderOnly],
        (false, false) if trials.control.crossed() => vec![Note::ControlByPeerOnly],
        _ => Vec::new(),
    }
}

/// How many offsets of the packets' clock were tried on the control.
fn candidates(case: &Case) -> u32 {
    let tried = case
        .trials
        .session
        .records
        .iter()
        .filter_map(|r| match r.body {
            Body::Aligned { candidates, .. } => Some(candidates),
            _ => None,
        });
    tried.max().unwrap_or(1).max(1)
}
