//! Clips that are heard once and drawn from often: cut from recordings, spoken in rooms, heard by the models.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use dice::Dice;
use voices::{Ears, Embedding, Heard, Listener, Piece, RATE_HZ};

use crate::places::Place;
use crate::speakers::Speaker;

/// Lengths of clips, seconds.
pub const LENGTHS: [f64; 5] = [1.0, 1.5, 2.0, 3.0, 5.0];

/// One clip.
#[derive(Debug, Clone)]
pub struct Item {
    /// Number of the speaker, and of the recording that it is cut from.
    pub speaker: usize,
    /// Of that speaker.
    pub utterance: usize,
    /// Where it was spoken.
    pub place: Place,
    /// Number of its length in [`LENGTHS`].
    pub length: usize,
    /// What was heard.
    pub heard: Heard,
}

/// Hears `n` clips of each length in each place of each speaker, `n` by the number of the speaker; clips of
/// the same numbers are the same for ever.
pub fn pool(
    speakers: &[&Speaker],
    n: &dyn Fn(usize) -> usize,
    ears: &(dyn Ears + Sync),
    threads: usize,
    seed: u64,
) -> Vec<Item> {
    let mut jobs = Vec::new();
    for speaker in 0..speakers.len() {
        for place in Place::ALL {
            for length in 0..LENGTHS.len() {
                jobs.extend((0..n(speaker)).map(|k| (speaker, place, length, k)));
            }
        }
    }
    each(jobs.len(), threads, &|job| {
        let (speaker, place, length, _) = jobs[job];
        let mut dice = Dice::new(seed, 1, job as u64);
        let utterances = &speakers[speaker].utterances;
        let utterance = dice.below(utterances.len());
        let sound = cut(&utterances[utterance], LENGTHS[length], &mut dice)?;
        let sound = place.heard(sound, &mut dice);
        Some(Item {
            speaker,
            utterance,
            place,
            length,
            heard: hear(&sound, ears),
        })
    })
}

/// Some seconds out of a recording, where it is as long.
fn cut<'a>(whole: &'a [f32], seconds: f64, dice: &mut Dice) -> Option<&'a [f32]> {
    let samples = (seconds * f64::from(RATE_HZ)) as usize;
    let last = whole.len().checked_sub(samples)?;
    let at = dice.below(last + 1);
    Some(&whole[at..at + samples])
}

/// Hears `n` clips of three seconds in which two to eight of the speakers `of` speak at once, the quietest
/// half as loud as the loudest, in the rooms that calibrations may hear.
pub fn mixtures(
    speakers: &[&Speaker],
    of: &[usize],
    n: usize,
    ears: &(dyn Ears + Sync),
    threads: usize,
) -> Vec<Heard> {
    each(n, threads, &|job| {
        let mut dice = Dice::new(8, 1, job as u64);
        let voices = [2, 2, 3, 4, 6, 8][job % 6];
        let place = [Place::Clean, Place::Far, Place::Hard][job / 6 % 3];
        let mut sum = vec![0.0f32; 3 * RATE_HZ as usize];
        for speaker in dice.some_of(of.to_vec(), voices) {
            let utterances = &speakers[speaker].utterances;
            let sound = cut(&utterances[dice.below(utterances.len())], 3.0, &mut dice)?;
            let power = sound.iter().map(|v| v * v).sum::<f32>() / sound.len() as f32;
            let gain = dice.within(0.5, 1.0) as f32 * 0.05 / power.sqrt().max(1e-6);
            sum.iter_mut()
                .zip(sound)
                .for_each(|(sum, v)| *sum += v * gain);
        }
        Some(hear(&place.heard(&sum, &mut dice), ears))
    })
}

/// What each job gives, in their order; by several threads.
fn each<T: Send>(
    jobs: usize,
    threads: usize,
    work: &(dyn Fn(usize) -> Option<T> + Sync),
) -> Vec<T> {
    let next = AtomicUsize::new(0);
    let done: Mutex<Vec<(usize, T)>> = Mutex::default();
    let worker = || {
        loop {
            let job = next.fetch_add(1, Ordering::Relaxed);
            if job >= jobs {
                return;
            }
            if job.is_multiple_of(500) {
                eprintln!("{job} of {jobs} clips");
            }
            if let Some(made) = work(job) {
                let mut done = done.lock().unwrap_or_else(PoisonError::into_inner);
                done.push((job, made));
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(worker);
        }
        worker();
    });
    let mut done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    done.sort_by_key(|(job, _)| *job);
    done.into_iter().map(|(_, made)| made).collect()
}

/// What is heard of a sound.
pub fn hear(sound: &[f32], ears: &dyn Ears) -> Heard {
    let mut listener = Listener::new(ears);
    listener.push(sound);
    listener.finish()
}

/// Keeps a pool in a file: for each clip its numbers, then its pieces.
pub fn keep(pool: &[Item], path: &Path) -> std::io::Result<()> {
    let mut out = Vec::new();
    let number = |n: usize, out: &mut Vec<u8>| out.extend((n as u32).to_le_bytes());
    for item in pool {
        let place = Place::ALL
            .iter()
            .position(|place| *place == item.place)
            .unwrap_or_default();
        for n in [
            item.speaker,
            item.utterance,
            place,
            item.length,
            item.heard.pieces.len(),
        ] {
            number(n, &mut out);
        }
        out.extend(item.heard.seconds.to_le_bytes());
        out.extend(item.heard.speech_s.to_le_bytes());
        for piece in &item.heard.pieces {
            out.extend(piece.at_s.to_le_bytes());
            out.extend(piece.speech_s.to_le_bytes());
            let none = [0; voices::DIMENSIONS];
            out.extend(piece.voice.as_ref().map_or(none, Embedding::bytes));
        }
    }
    std::fs::write(path, out)
}

/// Reads what [`keep`] wrote; nothing where it is not whole.
pub fn kept(path: &Path) -> Option<Vec<Item>> {
    let bytes = std::fs::read(path).ok()?;
    let mut rest = &bytes[..];
    let mut pool = Vec::new();
    while !rest.is_empty() {
        let mut numbers = [0usize; 5];
        for n in &mut numbers {
            *n = u32::from_le_bytes(take(&mut rest)?) as usize;
        }
        let [speaker, utterance, place, length, pieces] = numbers;
        let seconds = f64::from_le_bytes(take(&mut rest)?);
        let speech_s = f64::from_le_bytes(take(&mut rest)?);
        let mut heard = Heard {
            seconds,
            speech_s,
            pieces: Vec::new(),
        };
        for _ in 0..pieces {
            let at_s = f32::from_le_bytes(take(&mut rest)?);
            let speech_s = f32::from_le_bytes(take(&mut rest)?);
            let bytes: [u8; voices::DIMENSIONS] = take(&mut rest)?;
            heard.pieces.push(Piece {
                at_s,
                speech_s,
                voice: Embedding::from_bytes(&bytes),
            });
        }
        let place = *Place::ALL.get(place)?;
        pool.push(Item {
            speaker,
            utterance,
            place,
            length,
            heard,
        });
    }
    Some(pool)
}

fn take<const N: usize>(rest: &mut &[u8]) -> Option<[u8; N]> {
    let (bytes, after) = rest.split_first_chunk::<N>()?;
    *rest = after;
    Some(*bytes)
}
