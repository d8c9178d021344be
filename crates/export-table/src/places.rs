//! Where clips are spoken: rooms drawn anew for each.

use attack::scene::{Clip, FRAME, Pattern, Room, Scene, gain_of};
use dice::Dice;
use voices::RATE_HZ;

/// A kind of room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// As recorded.
    Clean,
    /// The rooms of `attack`: 0.4 to 4 m, echo of 0.2 to 0.7 s, noise of -78 to -52 dBFS.
    Far,
    /// 2 to 5 m, echo of 0.6 to 1.1 s, noise of -54 to -44 dBFS.
    Hard,
    /// As far, but the echo is noise that dies away (Polack 1988): another simulation than that of the
    /// other rooms, which no calibration has heard.
    Other,
}

impl Place {
    /// All of them.
    pub const ALL: [Place; 4] = [Place::Clean, Place::Far, Place::Hard, Place::Other];

    /// What the page calls it.
    pub fn name(self) -> &'static str {
        match self {
            Place::Clean => "clean",
            Place::Far => "far-field",
            Place::Hard => "hard rooms",
            Place::Other => "far-field, other simulation",
        }
    }

    /// `samples` as a microphone there hears them.
    pub fn heard(self, samples: &[f32], dice: &mut Dice) -> Vec<f32> {
        let room = match self {
            Place::Clean => return samples.to_vec(),
            Place::Far | Place::Other => Room::drawn(dice),
            Place::Hard => Room {
                distance_m: dice.within(2.0, 5.0),
                echo_s: dice.within(0.6, 1.1),
                volume_m3: dice.within(25.0, 90.0),
                noise_dbfs: dice.within(-54.0, -44.0),
                gain_control: dice.unit() < 0.5,
            },
        };
        let Ok(clip) = Clip::new("clip", samples.to_vec()) else {
            return samples.to_vec();
        };
        let gain = gain_of(&[&clip]);
        if self == Place::Other {
            return polack(&clip.samples, gain, room, dice);
        }
        let number = (dice.unit() * f64::from(u32::MAX)) as u64;
        let mut scene = Scene::new(vec![(&clip, gain)], Pattern::Stretches, room, number, 0)
            .expect("there is a clip");
        let mut out = Vec::with_capacity(samples.len());
        let mut frame = [0.0; FRAME];
        while out.len() + FRAME <= clip.samples.len() {
            scene.frame(&mut frame);
            out.extend_from_slice(&frame);
        }
        out
    }
}

/// Direct sound, then noise that falls by 60 dB in the room's time.
fn polack(samples: &[f32], gain: f32, room: Room, dice: &mut Dice) -> Vec<f32> {
    let critical_m = 0.057 * (room.volume_m3 / room.echo_s).sqrt();
    let rate = f64::from(RATE_HZ);
    let n = (room.echo_s * rate) as usize;
    let decay = |i: usize| 10f64.powf(-3.0 * i as f64 / n as f64);
    let power: f64 = (0..n).map(|i| decay(i).powi(2)).sum();
    let level = 1.0 / critical_m / power.sqrt();
    let mut response: Vec<f32> = (0..n)
        .map(|i| (dice.normal() * decay(i) * level) as f32)
        .collect();
    let before = (room.distance_m / 343.0 * rate) as usize;
    response[..before.min(n)].fill(0.0);
    response[before.min(n - 1)] = (1.0 / room.distance_m) as f32;
    let mut out = convolved(samples, &response);
    out.truncate(samples.len());
    let noise = 10f64.powf(room.noise_dbfs / 20.0);
    for sample in &mut out {
        *sample = (*sample * gain + (dice.normal() * noise) as f32).clamp(-1.0, 1.0);
    }
    out
}

/// By one transform over all.
fn convolved(a: &[f32], b: &[f32]) -> Vec<f32> {
    let n = (a.len() + b.len()).next_power_of_two();
    let mut planner = realfft::RealFftPlanner::<f32>::new();
    let (forward, back) = (planner.plan_fft_forward(n), planner.plan_fft_inverse(n));
    let spectrum = |values: &[f32]| {
        let mut input = values.to_vec();
        input.resize(n, 0.0);
        let mut out = forward.make_output_vec();
        forward
            .process(&mut input, &mut out)
            .expect("lengths are the transform's");
        out
    };
    let (mut product, other) = (spectrum(a), spectrum(b));
    product
        .iter_mut()
        .zip(&other)
        .for_each(|(a, b)| *a *= b / n as f32);
    let mut out = back.make_output_vec();
    back.process(&mut product, &mut out)
        .expect("lengths are the transform's");
    out
}
