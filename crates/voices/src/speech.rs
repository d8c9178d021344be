//! From a sound that comes piece by piece to stretches of speech and what their voices sound like.

use crate::{Campplus, Embedding, Listening, RATE_HZ, Silero, WINDOW};

/// Windows that are looked at together.
const BLOCK: usize = 64;
/// Speech begins where the detector is this sure, and lasts until it is less sure than the other.
const BEGINS: f32 = 0.5;
const LASTS: f32 = 0.35;
/// Windows without speech that end a stretch; fewer are a pause for breath.
const PAUSE: usize = 6;
/// Windows kept before and behind a stretch.
const MARGIN: usize = 1;
/// Speech of one piece: it ends once there is so much, samples.
const PIECE: usize = 4 * RATE_HZ as usize;
/// A rest shorter than this goes with the piece before it, samples.
const REST: usize = RATE_HZ as usize;
/// Windows whose loudest sample is below are silence, and the detector need not hear them: -80 dBFS.
const SILENT: f32 = 1e-4;

/// What turns sound into numbers: the detector of speech and the network for voices.
pub trait Ears {
    /// How sure it is of speech, 0 to 1, for each of the next windows of [`WINDOW`] samples.
    fn speech(&self, samples: &[f32], heard: &mut Listening) -> Vec<f32>;
    /// What the voice of a stretch of speech sounds like, where it is long enough.
    fn voice(&self, speech: &[f32]) -> Option<Embedding>;
}

/// The two models.
pub struct Models {
    silero: Silero,
    campplus: Campplus,
}

impl Models {
    /// Those that lie in the repository.
    pub fn new() -> Result<Models, crate::Error> {
        Ok(Models {
            silero: Silero::new(crate::models::SILERO)?,
            campplus: Campplus::new(crate::models::CAMPPLUS)?,
        })
    }
}

impl Ears for Models {
    fn speech(&self, samples: &[f32], heard: &mut Listening) -> Vec<f32> {
        self.silero.hear(samples, heard)
    }

    fn voice(&self, speech: &[f32]) -> Option<Embedding> {
        self.campplus.embed(speech)
    }
}

/// Up to some seconds of speech and its voice.
#[derive(Debug, Clone, PartialEq)]
pub struct Piece {
    /// Where it begins in the sound, seconds.
    pub at_s: f32,
    /// Speech in it, seconds.
    pub speech_s: f32,
    /// What it sounds like; nothing where there is too little of it.
    pub voice: Option<Embedding>,
}

/// What was heard of one sound.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Heard {
    /// Its length, seconds.
    pub seconds: f64,
    /// Speech in it, seconds.
    pub speech_s: f64,
    /// The speech, piece by piece.
    pub pieces: Vec<Piece>,
}

/// Listens to one sound in bounded memory.
pub struct Listener<'a> {
    ears: &'a dyn Ears,
    state: Listening,
    /// Samples that do not fill a block yet.
    block: Vec<f32>,
    /// Samples of whole windows before this one that may still become a margin.
    before: Vec<f32>,
    /// Speech of the piece that is being gathered, and where it began, in samples.
    piece: Vec<f32>,
    piece_at: u64,
    /// Pause that may turn out to lie within speech.
    pause: Vec<f32>,
    speaking: bool,
    at: u64,
    heard: Heard,
    speech: u64,
}

impl<'a> Listener<'a> {
    /// Nothing heard yet.
    pub fn new(ears: &'a dyn Ears) -> Listener<'a> {
        Listener {
            ears,
            state: Listening::default(),
            block: Vec::new(),
            before: Vec::new(),
            piece: Vec::new(),
            piece_at: 0,
            pause: Vec::new(),
            speaking: false,
            at: 0,
            heard: Heard::default(),
            speech: 0,
        }
    }

    /// The next samples, mono, at [`RATE_HZ`]; what is no number counts as silence.
    pub fn push(&mut self, samples: &[f32]) {
        let mut rest = samples;
        while !rest.is_empty() {
            let free = BLOCK * WINDOW - self.block.len();
            let (now, later) = rest.split_at(free.min(rest.len()));
            let finite = now.iter().map(|s| {
                if s.is_finite() {
                    s.clamp(-1.0, 1.0)
                } else {
                    0.0
                }
            });
            self.block.extend(finite);
            rest = later;
            if self.block.len() == BLOCK * WINDOW {
                self.hear();
            }
        }
    }

    /// All that was heard.
    pub fn finish(mut self) -> Heard {
        self.hear();
        self.end_of_stretch();
        self.end_of_piece();
        self.heard.seconds = self.at as f64 / f64::from(RATE_HZ);
        self.heard.speech_s = self.speech as f64 / f64::from(RATE_HZ);
        self.heard
    }

    fn hear(&mut self) {
        let block = std::mem::take(&mut self.block);
        let silent = block.iter().all(|s| s.abs() < SILENT);
        let sure = match silent {
            // As if a new sound began behind it.
            true => {
                self.state = Listening::default();
                vec![0.0; block.len().div_ceil(WINDOW)]
            }
            false => self.ears.speech(&block, &mut self.state),
        };
        for (window, sure) in block.chunks(WINDOW).zip(sure) {
            self.window(window, sure);
            self.at += window.len() as u64;
        }
        self.block = block;
        self.block.clear();
    }

    fn window(&mut self, window: &[f32], sure: f32) {
        let speaks = sure >= if self.speaking { LASTS } else { BEGINS };
        if speaks {
            if self.piece.is_empty() {
                self.piece_at = self.at - self.before.len() as u64;
            }
            if self.speaking {
                self.piece.append(&mut self.pause);
            } else {
                self.piece.append(&mut self.before);
                self.speaking = true;
            }
            self.piece.extend_from_slice(window);
            if self.piece.len() >= PIECE + REST {
                self.cut();
            }
        } else if self.speaking {
            self.pause.extend_from_slice(window);
            if self.pause.len() >= PAUSE * WINDOW {
                self.end_of_stretch();
            }
        } else {
            self.before.extend_from_slice(window);
            let past = self.before.len().saturating_sub(MARGIN * WINDOW);
            self.before.drain(..past);
        }
    }

    /// The pause was the end: a margin of it belongs to the speech, and the last of it may belong to the
    /// next.
    fn end_of_stretch(&mut self) {
        if !self.speaking {
            return;
        }
        self.speaking = false;
        let margin = (MARGIN * WINDOW).min(self.pause.len());
        self.piece.extend_from_slice(&self.pause[..margin]);
        let last = self.pause.len().saturating_sub(MARGIN * WINDOW).max(margin);
        self.before = self.pause.split_off(last);
        self.pause.clear();
        if self.piece.len() >= PIECE {
            self.end_of_piece();
        }
    }

    /// A piece out of speech that goes on; so much stays that what follows is no scrap.
    fn cut(&mut self) {
        let rest = self.piece.split_off(PIECE);
        let at = self.piece_at + PIECE as u64;
        self.end_of_piece();
        self.piece = rest;
        self.piece_at = at;
    }

    fn end_of_piece(&mut self) {
        if self.piece.is_empty() {
            return;
        }
        self.speech += self.piece.len() as u64;
        self.heard.pieces.push(Piece {
            at_s: self.piece_at as f32 / RATE_HZ as f32,
            speech_s: self.piece.len() as f32 / RATE_HZ as f32,
            voice: self.ears.voice(&self.piece),
        });
        self.piece.clear();
    }
}
