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

use super::MIN_BLOCKS;
use crate::case::{Case, GATE_W};
use crate::judge::lamp;
use crate::{MicrophoneLamp, Reason};

pub(crate) fn ask(case: &Case) -> Vec<Reason> {
    let control = match lamp(case) {
        MicrophoneLamp::Closed | MicrophoneLamp::OpenNotRunning => &case.control,
        MicrophoneLamp::StillRead | MicrophoneLamp::OpenRunning | MicrophoneLamp::Unknown => {
            &case.control_egress
        }
    };
    // What still reaches the encoder while muted may leave in packets that nobody can read.
    let needed = GATE_W * f64::from(candidates(case));
    let fired = control.crossed() && control.w_max() >= needed
        || (case.encoder_vouches() && !case.encoder.crossed());
    // With too few blocks the reason is the run's length, not the instrument.
    if fired || (case.blocks(Phase::Control).len() as u32) < MIN_BLOCKS {
        return Vec::new();
    }
    vec![Reason::ControlSilent {
        evidence: control.w_max(),
        needed,
    }]
}

/// How many offsets of the packets' clock were tried on the control.
fn candidates(case: &Case) -> u32 {
    let tried = case.session.records.iter().filter_map(|r| match r.body {
        Body::Aligned { candidates, .. } => Some(candidates),
        _ => None,
    });
    tried.max().unwrap_or(1).max(1)
}
