//! `cargo bench -p voices`: how many times faster than the sound itself it is heard, by one core.
//!
//! All of the sound is taken for speech, so that both models hear all of it. Counted is time on the processor
//! where the system tells it, because others use the machine as well; the median of several rounds, and the
//! fastest beside it.

use std::hint::black_box;
use std::time::Instant;

use dice::Dice;
use voices::{Campplus, Fbank, Silero};

/// Lengths of the sounds, seconds.
const LENGTHS: [f64; 4] = [1.0, 2.0, 3.0, 5.0];
const ROUNDS: usize = 9;
/// Length of a round, seconds.
const ROUND_S: f64 = 0.3;

/// Pulses and noise: the time that it takes does not depend on the sound.
fn sound(seconds: f64) -> Vec<f32> {
    let mut dice = Dice::new(1, 2, 3);
    let n = (seconds * f64::from(voices::RATE_HZ)) as usize;
    let sample =
        |i: usize, noise: f64| (0.02 * noise + f64::from(u8::from(i.is_multiple_of(130)))) as f32;
    (0..n).map(|i| sample(i, dice.normal())).collect()
}

/// Nanoseconds that this thread was on a processor (Linux); nothing elsewhere.
fn on_processor() -> Option<f64> {
    let told = std::fs::read_to_string("/proc/thread-self/schedstat").ok()?;
    told.split(' ').next()?.parse().ok()
}

/// Seconds that a task takes: the middle of several rounds, and the fastest. A round does it so often that the
/// ticks in which the system counts do not matter.
fn timed(task: &dyn Fn()) -> [f64; 2] {
    task();
    let mut rounds: Vec<f64> = (0..ROUNDS)
        .map(|_| {
            let (began, before) = (Instant::now(), on_processor());
            let taken = || match before.zip(on_processor()) {
                Some((before, now)) => (now - before) / 1e9,
                None => began.elapsed().as_secs_f64(),
            };
            let mut times = 0;
            while taken() < ROUND_S {
                task();
                times += 1;
            }
            taken() / f64::from(times)
        })
        .collect();
    rounds.sort_by(f64::total_cmp);
    [rounds[ROUNDS / 2], rounds[0]]
}

fn main() {
    let silero = Silero::new(voices::models::SILERO).expect("the model is in the repository");
    let campplus = Campplus::new(voices::models::CAMPPLUS).expect("the model is in the repository");
    let fbank = Fbank::default();
    println!(
        "times real time, by one core: the median of {ROUNDS} rounds, in brackets the fastest"
    );
    println!("| seconds | speech found | bands | voice | all |\n|---|---|---|---|---|");
    for seconds in LENGTHS {
        let sound = sound(seconds);
        let bands = fbank.bands(&sound);
        let parts = [
            timed(&|| drop(black_box(silero.windows(&sound)))),
            timed(&|| drop(black_box(fbank.bands(&sound)))),
            timed(&|| {
                black_box(campplus.forward(&bands));
            }),
        ];
        let whole = [0, 1].map(|i| parts.iter().map(|part| part[i]).sum::<f64>());
        let cell =
            |[middle, fast]: [f64; 2]| format!("{:.0} ({:.0})", seconds / middle, seconds / fast);
        let row: Vec<String> = parts.into_iter().chain([whole]).map(cell).collect();
        println!("| {seconds} | {} |", row.join(" | "));
    }
}
