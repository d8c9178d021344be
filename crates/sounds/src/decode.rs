//! A file's samples, mono and at the rate of the scenes.

use std::fs::File;
use std::path::Path;

use attack::scene::RATE_HZ;
use symphonia::core::codecs::audio::AudioDecoderOptions;
use symphonia::core::codecs::audio::well_known::CODEC_ID_OPUS;
use symphonia::core::errors::Error as Symphonia;
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatReader, TrackType};
use symphonia::core::io::{MediaSource, MediaSourceStream};

use crate::Error;
use crate::resample::Resampler;

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
    let most = MOST_S * RATE_HZ as usize;
    let mut samples = Vec::new();
    let extension = path.extension().and_then(|e| e.to_str());
    stream(Box::new(file), extension, &mut |piece| {
        samples.extend_from_slice(piece);
        samples.len() < most
    })
    .map_err(unreadable)?;
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

/// What is to be said of a sound that was decoded to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Decoded {
    /// Packets that were damaged and left out.
    pub damaged: u64,
    /// Whether it broke off within something.
    pub cut: bool,
}

/// Decodes a sound piece by piece: mono samples at the rate of the scenes go to `sink` until that says no.
/// `extension` is what its name ends in, a hint. The error is what the decoder said.
pub fn stream(
    source: Box<dyn MediaSource + '_>,
    extension: Option<&str>,
    sink: &mut dyn FnMut(&[f32]) -> bool,
) -> Result<Decoded, String> {
    let stream = MediaSourceStream::new(source, Default::default());
    let mut hint = Hint::new();
    if let Some(extension) = extension {
        // A file of Opus is an Ogg file.
        hint.with_extension(if extension == "opus" {
            "ogg"
        } else {
            extension
        });
    }
    let mut format = symphonia::default::get_probe()
        .probe(&hint, stream, Default::default(), Default::default())
        .map_err(|e| e.to_string())?;
    let track = format.default_track(TrackType::Audio);
    let track = track.ok_or("no track of sound")?;
    let (id, delay) = (track.id, track.delay.unwrap_or(0));
    let parameters = track.codec_params.as_ref().and_then(|p| p.audio());
    let parameters = parameters
        .cloned()
        .ok_or("it does not say how it is coded")?;
    if parameters.codec == CODEC_ID_OPUS {
        let stereo = parameters.channels.as_ref().is_some_and(|c| c.count() == 2);
        // What the encoder put before the sound, in samples of 48 kHz.
        let before = delay as usize * RATE_HZ as usize / 48_000;
        return opus(&mut *format, id, stereo, before, sink);
    }
    let mut decoder = symphonia::default::get_codecs()
        .make_audio_decoder(&parameters, &AudioDecoderOptions::default())
        .map_err(|e| e.to_string())?;
    let mut done = Decoded::default();
    let mut resampler: Option<(u32, Option<Resampler>)> = None;
    let (mut buffer, mut mono, mut out) = (Vec::<f32>::new(), Vec::new(), Vec::new());
    while let Some(packet) = next(&mut *format, &mut done)? {
        if packet.track_id != id {
            continue;
        }
        let decoded = match decoder.decode(&packet) {
            Ok(decoded) => decoded,
            // A damaged packet is left out; if all are, nothing was read.
            Err(Symphonia::DecodeError(_)) => {
                done.damaged += 1;
                continue;
            }
            Err(e) => return Err(e.to_string()),
        };
        let rate = decoded.spec().rate();
        let channels = decoded.num_planes().max(1);
        decoded.copy_to_vec_interleaved(&mut buffer);
        mono.clear();
        let each = buffer.chunks_exact(channels);
        mono.extend(each.map(|c| c.iter().sum::<f32>() / channels as f32));
        let (_, resampler) = match &mut resampler {
            Some(same) if same.0 == rate => same,
            other => other.insert((rate, Resampler::new(rate))),
        };
        let piece = match resampler {
            None => &mono,
            Some(resampler) => {
                out.clear();
                resampler.push(&mono, &mut out);
                &out
            }
        };
        if !piece.is_empty() && !sink(piece) {
            return Ok(done);
        }
    }
    if let Some((_, Some(mut resampler))) = resampler {
        out.clear();
        resampler.finish(&mut out);
        sink(&out);
    }
    Ok(done)
}

/// The next packet. A sound that was cut off is as good as what there is of it.
fn next(
    format: &mut dyn FormatReader,
    done: &mut Decoded,
) -> Result<Option<symphonia::core::packet::Packet>, String> {
    match format.next_packet() {
        Ok(packet) => Ok(packet),
        Err(Symphonia::IoError(_)) => {
            done.cut = true;
            Ok(None)
        }
        Err(Symphonia::ResetRequired) => Ok(None),
        Err(e) => Err(e.to_string()),
    }
}

fn opus(
    format: &mut dyn FormatReader,
    id: u32,
    stereo: bool,
    mut before: usize,
    sink: &mut dyn FnMut(&[f32]) -> bool,
) -> Result<Decoded, String> {
    let (channels, count) = match stereo {
        true => (ropus::Channels::Stereo, 2),
        false => (ropus::Channels::Mono, 1),
    };
    let mut decoder = ropus::Decoder::new(RATE_HZ, channels).map_err(|e| e.to_string())?;
    let mut done = Decoded::default();
    let mut samples = Vec::new();
    let mut pcm = vec![0i16; OPUS_MOST * count];
    while let Some(packet) = next(format, &mut done)? {
        if packet.track_id != id || packet.data.is_empty() {
            continue;
        }
        let Ok(n) = decoder.decode(&packet.data, &mut pcm, ropus::DecodeMode::Normal) else {
            done.damaged += 1;
            continue;
        };
        samples.clear();
        let each = pcm[..n * count].chunks_exact(count);
        samples.extend(
            each.map(|c| c.iter().map(|s| f32::from(*s)).sum::<f32>() / (32_768.0 * count as f32)),
        );
        let skipped = before.min(samples.len());
        before -= skipped;
        if skipped < samples.len() && !sink(&samples[skipped..]) {
            break;
        }
    }
    Ok(done)
}
