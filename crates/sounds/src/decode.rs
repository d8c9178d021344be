//! A file's samples, mono and at the rate of the scenes.

use std::fs::File;
use std::path::Path;

use attack::scene::RATE_HZ;
use symphonia::core::codecs::audio::AudioDecoderOptions;
use symphonia::core::codecs::audio::well_known::CODEC_ID_OPUS;
use symphonia::core::errors::Error as Symphonia;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatReader, TrackType};
use symphonia::core::io::MediaSourceStream;

use crate::Error;

/// What is read of one file at most, seconds: music goes on for long.
const MOST_S: usize = 120;

/// Longest Opus packet: 120 ms.
const OPUS_MOST: usize = RATE_HZ as usize * 120 / 1_000;

/// Reads a sound file, whichever of the formats it is.
pub fn read(path: &Path) -> Result<Vec<f32>, Error> {
    let file = File::open(path).map_err(Error::file("read", path))?;
    let unreadable = |why: String| Error::Unreadable {
        path: path.to_owned(),
        why,
    };
    let stream = MediaSourceStream::new(Box::new(file), Default::default());
    let mut hint = Hint::new();
    if let Some(extension) = path.extension().and_then(|e| e.to_str()) {
        // A file of Opus is an Ogg file.
        hint.with_extension(if extension == "opus" {
            "ogg"
        } else {
            extension
        });
    }
    let mut format = symphonia::default::get_probe()
        .probe(&hint, stream, Default::default(), Default::default())
        .map_err(|e| unreadable(e.to_string()))?;
    let track = format.default_track(TrackType::Audio);
    let track = track.ok_or_else(|| unreadable("no track of sound".to_owned()))?;
    let (id, delay) = (track.id, track.delay.unwrap_or(0));
    let parameters = track.codec_params.as_ref().and_then(|p| p.audio());
    let parameters = parameters
        .cloned()
        .ok_or_else(|| unreadable("it does not say how it is coded".to_owned()))?;
    let samples = if parameters.codec == CODEC_ID_OPUS {
        let stereo = parameters.channels.as_ref().is_some_and(|c| c.count() == 2);
        let mut samples = opus(&mut *format, id, stereo).map_err(unreadable)?;
        // What the encoder put before the sound, in samples of 48 kHz.
        let before = delay as usize * RATE_HZ as usize / 48_000;
        samples.drain(..before.min(samples.len()));
        samples
    } else {
        let mut decoder = symphonia::default::get_codecs()
            .make_audio_decoder(&parameters, &AudioDecoderOptions::default())
            .map_err(|e| unreadable(e.to_string()))?;
        let (mut mono, mut rate) = (Vec::new(), RATE_HZ);
        let mut buffer: Vec<f32> = Vec::new();
        while mono.len() < MOST_S * rate as usize {
            let packet = match format.next_packet() {
                Ok(Some(packet)) => packet,
                // A file that was cut off is as good as what there is of it.
                Ok(None) | Err(Symphonia::IoError(_) | Symphonia::ResetRequired) => break,
                Err(e) => return Err(unreadable(e.to_string())),
            };
            if packet.track_id != id {
                continue;
            }
            let decoded = match decoder.decode(&packet) {
                Ok(decoded) => decoded,
                // A damaged packet is left out; if all are, nothing was read.
                Err(Symphonia::DecodeError(_)) => continue,
                Err(e) => return Err(unreadable(e.to_string())),
            };
            rate = decoded.spec().rate();
            let channels = decoded.num_planes().max(1);
            decoded.copy_to_vec_interleaved(&mut buffer);
            let each = buffer.chunks_exact(channels);
            mono.extend(each.map(|c| c.iter().sum::<f32>() / channels as f32));
        }
        resampled(&mono, rate)
    };
    // One of them would silence a whole simulated room.
    if samples.iter().any(|s| !s.is_finite()) {
        return Err(unreadable(
            "it holds samples that are no numbers".to_owned(),
        ));
    }
    match samples.iter().any(|s| s.abs() > 1e-4) {
        true => Ok(samples),
        false => Err(Error::Silent(path.to_owned())),
    }
}

fn opus(format: &mut dyn FormatReader, id: u32, stereo: bool) -> Result<Vec<f32>, String> {
    let (channels, count) = match stereo {
        true => (ropus::Channels::Stereo, 2),
        false => (ropus::Channels::Mono, 1),
    };
    let mut decoder = ropus::Decoder::new(RATE_HZ, channels).map_err(|e| e.to_string())?;
    let mut samples = Vec::new();
    let mut pcm = vec![0i16; OPUS_MOST * count];
    while samples.len() < MOST_S * RATE_HZ as usize {
        let packet = match format.next_packet() {
            Ok(Some(packet)) => packet,
            Ok(None) | Err(Symphonia::IoError(_) | Symphonia::ResetRequired) => break,
            Err(e) => return Err(e.to_string()),
        };
        if packet.track_id != id || packet.data.is_empty() {
            continue;
        }
        let Ok(n) = decoder.decode(&packet.data, &mut pcm, ropus::DecodeMode::Normal) else {
            continue;
        };
        let each = pcm[..n * count].chunks_exact(count);
        samples.extend(
            each.map(|c| c.iter().map(|s| f32::from(*s)).sum::<f32>() / (32_768.0 * count as f32)),
        );
    }
    Ok(samples)
}

/// Half the width of the filter, in samples of the lower rate.
const WIDTH: f64 = 12.0;

/// To the rate of the scenes by a windowed sinc: nothing that the lower rate cannot hold is folded
/// into it.
fn resampled(samples: &[f32], rate: u32) -> Vec<f32> {
    if rate == RATE_HZ || rate == 0 {
        return samples.to_vec();
    }
    let step = f64::from(rate) / f64::from(RATE_HZ);
    let stretch = step.max(1.0);
    let reach = WIDTH * stretch;
    // The filter is looked up: a sine for each product would take minutes for an hour of music.
    const STEPS: f64 = 256.0;
    let table: Vec<f32> = (0..=(WIDTH * STEPS) as usize + 1)
        .map(|i| {
            let x = i as f64 / STEPS;
            let sinc = match x {
                0.0 => 1.0,
                x => (std::f64::consts::PI * x).sin() / (std::f64::consts::PI * x),
            };
            let window = (std::f64::consts::FRAC_PI_2 * (x / WIDTH).min(1.0))
                .cos()
                .powi(2);
            (sinc * window / stretch) as f32
        })
        .collect();
    let n = (samples.len() as f64 / step) as usize;
    let at = |i: usize| {
        let centre = i as f64 * step;
        let from = (centre - reach).ceil().max(0.0) as usize;
        let to = ((centre + reach) as usize).min(samples.len().saturating_sub(1));
        let each = samples[from..=to].iter().enumerate().map(|(k, sample)| {
            let x = ((from + k) as f64 - centre).abs() / stretch * STEPS;
            sample * table.get(x as usize).copied().unwrap_or(0.0)
        });
        each.sum()
    };
    (0..n).map(at).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A tone keeps its level, and one above what the lower rate holds is gone.
    #[test]
    fn resampling_keeps_what_fits_and_drops_the_rest() {
        let tone = |hz: f64| -> Vec<f32> {
            let sample = |i: usize| (std::f64::consts::TAU * hz * i as f64 / 44_100.0).sin();
            (0..44_100).map(|i| sample(i) as f32).collect()
        };
        let rms = |samples: &[f32]| {
            let power: f32 = samples.iter().map(|s| s * s).sum();
            (power / samples.len() as f32).sqrt()
        };
        for (hz, expected) in [(440.0, 0.707), (5_000.0, 0.707), (12_000.0, 0.0)] {
            let made = resampled(&tone(hz), 44_100);
            assert_eq!(made.len(), 16_000);
            let level = rms(&made[100..15_900]);
            assert!((level - expected).abs() < 0.02, "{hz} Hz: {level}");
        }
        assert_eq!(resampled(&[0.5; 8], RATE_HZ), [0.5; 8]);
        assert!(resampled(&[], 44_100).is_empty());
    }
}
