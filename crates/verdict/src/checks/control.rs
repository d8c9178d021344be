//! **Asks** whether the instrument sees this app's microphone at all: unmuted, with sound, does
//! what leaves follow it?
//! **Matters** because nothing found by a blind instrument means nothing.
//! **Decides** with the same test as the muted phase: W of at least 1,000 over the packets, or over
//! what is handed to an encoder, which is what packets of constant size are made of. Where
//! the microphone was handed nothing while muted, the peer's output may vouch in their place: then
//! it only matters that the sound was there to be heard.
//! Nor is it silent where somebody else vouches for each that something was sent to: the peer's output for
//! the participants; and where all that went there was read, because it was in clear or the same again and
//! again, it only matters that the app was heard at all. Where the packets' clock was searched for on the control,
//! more is needed ([`crate::error_rates::needed_by_packets`]).
//! **Cannot see** whether the muted app would use the same way out. A leak that was found stands
//! without it: the test's error rate does not rest on the control.

use record::Phase;

use crate::case::Case;
use crate::error_rates::MIN_BLOCKS;
use crate::hears::each_is_vouched_for;
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
    let fired = control.crossed()
        || (case.trials.encoder_vouches() && !case.trials.encoder.crossed())
        || each_is_vouched_for(&case.trials);
    // With too few blocks the reason is the run's length, not the instrument.
    if fired || (case.trials.blocks(Phase::Control).len() as u32) < MIN_BLOCKS {
        return Vec::new();
    }
    vec![Reason::ControlSilent {
        evidence: control.w_max(),
        needed: control.log_needed.exp(),
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
