//! **Asks** whether the microphone's sound reaches an encoder while muted.
//! **Matters** because what leaves is made of what is encoded, and may be encrypted.
//! **Decides** nothing: sound that is encoded need not be sent. W of 1,000 over the calls of the encoder,
//! or none where the control over the same calls fired.
//! **Cannot see** encoders whose calls are not traced.

use crate::case::Case;
use crate::note::Note;

pub(crate) fn notes(case: &Case) -> Vec<Note> {
    let trials = &case.trials;
    let evidence = trials.encoder.w_max();
    match (trials.encoder.crossed(), trials.encoder_vouches()) {
        (true, _) => vec![Note::EncoderFollows { evidence }],
        (false, true) => vec![Note::EncoderQuiet],
        (false, false) => Vec::new(),
    }
}
