//! Recordings of a library, played as activities: which ones is drawn from the session's seed.

use std::path::Path;

use attack::scene::RATE_HZ;
use dice::Dice;
use record::{Label, Player, Protocol};
use sha2::{Digest, Sha256};
use stimulus::{Recordings, Seed};

use crate::{Error, Library, Recording};

/// A library that can be played from.
pub struct Recorded {
    library: Library,
    /// By label, in the order of the draw.
    labels: Vec<Vec<Recording>>,
}

impl Recorded {
    /// Opens the library in `folder`, and refuses one that nothing could be learnt from, with one line.
    pub fn open(folder: &Path) -> Result<Recorded, Error> {
        let library = Library::open(folder)?;
        let recordings = library.recordings()?;
        let labels = recordings.chunk_by(|a, b| a.label == b.label);
        let labels = labels.map(<[Recording]>::to_vec).collect();
        Ok(Recorded { library, labels })
    }

    /// What the manifest says of it.
    pub fn manifest(&self) -> record::Library {
        let lines = self.labels.iter().flatten();
        let lines = lines.map(|r| format!("{}\t{}\t{}\n", r.label, r.source, r.sha256));
        let label = |recordings: &Vec<Recording>| Label {
            name: recordings[0].label.clone(),
            sources: recordings.len() as u32,
        };
        record::Library {
            sha256: hex::encode(Sha256::digest(lines.collect::<String>())),
            synthetic: self.library.synthetic,
            labels: self.labels.iter().map(label).collect(),
        }
    }

    /// The recording of each stretch. The label is the key's draw; the recordings of a label are taken in
    /// an order that is drawn as well, one after the other and from the beginning again, so that as many
    /// as there can be are heard.
    pub fn drawn(&self, seed: &Seed, protocol: &Protocol, player: Player) -> Vec<&Recording> {
        let dice = seed.of_recordings(player);
        let orders: Vec<Vec<usize>> = (0u64..)
            .zip(&self.labels)
            .map(|(label, recordings)| {
                let mut order: Vec<usize> = (0..recordings.len()).collect();
                let purpose = u64::from(u32::from_be_bytes(*b"ordr"));
                Dice::new(dice, purpose, label).shuffle(&mut order);
                order
            })
            .collect();
        let mut taken = vec![0; orders.len()];
        let activities = stimulus::activities(seed, protocol, player).unwrap_or_default();
        let recording = |activity: u32| {
            let label = activity as usize;
            let order = orders.get(label)?;
            taken[label] += 1;
            self.labels[label].get(order[(taken[label] - 1) % order.len()])
        };
        activities.into_iter().filter_map(recording).collect()
    }

    /// Makes every stretch of `player`, so that playing one costs the same as playing any other. `begins`
    /// is told of each one's first sample.
    pub fn made(
        &self,
        seed: &Seed,
        protocol: &Protocol,
        player: Player,
        begins: impl FnMut(u32, &Recording) + Send + 'static,
    ) -> Result<Playing, Error> {
        let blocks = protocol.activities.map_or(0, |a| a.every);
        let seconds = f64::from(blocks) * protocol.block_ns as f64 / 1e9;
        let dice = seed.of_recordings(player);
        let mut stretches = Vec::new();
        for (number, recording) in (0..).zip(self.drawn(seed, protocol, player)) {
            let (label, source) = (&recording.label, &recording.source);
            let sound = self.library.sound(label, source)?;
            let samples = sound.stretch(seconds, dice, number)?;
            let samples = samples.into_iter().map(|s| (s * 32_767.0) as i16);
            stretches.push((recording.clone(), samples.collect()));
        }
        Ok(Playing {
            stretches,
            filter: filter((protocol.sample_rate_hz / RATE_HZ).max(1) as usize),
            begins: Box::new(begins),
            told: None,
        })
    }
}

/// Samples on either side of a moment that it is made from.
const REACH: usize = 12;

/// What brings the rate of the scenes to `factor` times as much: for each of `factor` moments between two
/// samples the weights of those around it, a windowed sinc.
fn filter(factor: usize) -> Vec<[f32; 2 * REACH]> {
    use std::f64::consts::PI;
    let weight = |x: f64| {
        let sinc = if x == 0.0 {
            1.0
        } else {
            (PI * x).sin() / (PI * x)
        };
        let window = (PI / 2.0 * (x / REACH as f64).clamp(-1.0, 1.0))
            .cos()
            .powi(2);
        (sinc * window) as f32
    };
    let phase = |k: usize| {
        let at = k as f64 / factor as f64;
        std::array::from_fn(|tap| weight(tap as f64 - (REACH - 1) as f64 - at))
    };
    (0..factor).map(phase).collect()
}

/// Is told of a stretch's beginning.
type Begins = Box<dyn FnMut(u32, &Recording) + Send>;

/// Every stretch of a session, ready to be played.
pub struct Playing {
    stretches: Vec<(Recording, Vec<i16>)>,
    filter: Vec<[f32; 2 * REACH]>,
    begins: Begins,
    /// The stretch whose beginning was told.
    told: Option<u32>,
}

impl Recordings for Playing {
    fn fill(&mut self, stretch: u32, first_sample_idx: u64, out: &mut [f32]) {
        let Some((recording, samples)) = self.stretches.get(stretch as usize) else {
            out.fill(0.0);
            return;
        };
        // On a busy machine the first samples of a stretch may have been left out.
        if self.told.replace(stretch) != Some(stretch) {
            (self.begins)(stretch, recording);
        }
        let factor = self.filter.len();
        for (i, out) in out.iter_mut().enumerate() {
            let at = first_sample_idx as usize + i;
            let (whole, phase) = (at / factor, at % factor);
            let weights = self.filter[phase].iter().enumerate();
            let weighted = weights.map(|(tap, weight)| {
                let sample = (whole + tap + 1).checked_sub(REACH);
                let sample = sample.and_then(|at| samples.get(at));
                f32::from(sample.copied().unwrap_or(0)) / 32_768.0 * weight
            });
            *out = weighted.sum();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn library(folder: &Path) -> Recorded {
        let folder = folder.join("sounds");
        crate::synthetic(&folder, 1).unwrap();
        Recorded::open(&folder).unwrap()
    }

    fn protocol() -> Protocol {
        let activities = stimulus::profile("activities").unwrap();
        stimulus::with_recordings(activities, 6).unwrap()
    }

    /// As many recordings as there can be are heard, each where the key has drawn its label.
    #[test]
    fn recordings_follow_the_keys_draw_and_take_turns() {
        let place = tempfile::tempdir().unwrap();
        let recorded = library(place.path());
        let labels = recorded.manifest().labels;
        assert_eq!(labels.len(), 6);
        let (seed, protocol) = (Seed([3; 32]), protocol());
        let drawn = recorded.drawn(&seed, &protocol, Player::Mic);
        let activities = stimulus::activities(&seed, &protocol, Player::Mic).unwrap();
        assert_eq!((drawn.len(), activities.len()), (60, 60));
        for (recording, activity) in drawn.iter().zip(activities) {
            assert_eq!(recording.label, labels[activity as usize].name);
        }
        for label in &labels {
            let own = drawn.iter().filter(|r| r.label == label.name);
            let mut sources: Vec<&str> = own.map(|r| &*r.source).collect();
            let played = sources.len();
            sources.sort_unstable();
            sources.dedup();
            assert_eq!(
                sources.len(),
                played.min(label.sources as usize),
                "{label:?}"
            );
        }
        assert_ne!(drawn, recorded.drawn(&seed, &protocol, Player::Sham));
        assert_ne!(
            drawn,
            recorded.drawn(&Seed([4; 32]), &protocol, Player::Mic)
        );
    }

    /// At whatever rate, in whatever pieces; the beginning of each is told once.
    #[test]
    fn stretches_are_the_same_in_any_pieces() {
        let place = tempfile::tempdir().unwrap();
        let recorded = library(place.path());
        let (seed, protocol) = (Seed([5; 32]), protocol());
        let (tell, told) = std::sync::mpsc::channel();
        let begins = move |stretch, recording: &Recording| {
            tell.send((stretch, recording.clone())).unwrap();
        };
        let made = recorded.made(&seed, &protocol, Player::Mic, begins);
        let mut made = made.unwrap();
        let mut whole = vec![0.0; 480_000];
        made.fill(7, 0, &mut whole);
        let mut end = [0.0; 80];
        made.fill(7, 479_920, &mut end);
        assert!(whole[479_920..] == end);
        let mut pieces = vec![0.0; 480_000];
        let mut at = 0;
        for piece in pieces.chunks_mut(12_345) {
            made.fill(7, at, piece);
            at += piece.len() as u64;
        }
        assert!(whole == pieces);
        let told: Vec<_> = told.try_iter().collect();
        let expected = recorded.drawn(&seed, &protocol, Player::Mic)[7].clone();
        assert_eq!(told, [(7, expected)]);
        let power = whole.iter().map(|s| s * s).sum::<f32>() / whole.len() as f32;
        assert!((0.001..0.3).contains(&power.sqrt()), "{}", power.sqrt());
        // What lies between two samples of the slower rate is no louder than they are.
        let third: f32 = whole.iter().step_by(3).map(|s| s * s).sum();
        let rest: f32 = whole.iter().skip(1).step_by(3).map(|s| s * s).sum();
        assert!((0.7..1.3).contains(&(rest / third)), "{}", rest / third);
    }
}
