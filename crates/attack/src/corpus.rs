use std::collections::BTreeMap;

use crate::scene::{Clip, FRAME, Pattern, RATE_HZ, Room, Scene, gain_of};
use crate::telemetry::{Heard, listen};
use dice::Dice;

use crate::Error;

/// All that there is of one recording.
#[derive(Debug, Clone, PartialEq)]
pub struct Sound {
    /// The activity.
    pub label: String,
    /// The recording: whatever comes of one has one name.
    pub source: String,
    /// How its clips follow each other.
    pub pattern: Pattern,
    /// The clips.
    pub clips: Vec<Clip>,
}

impl Sound {
    /// So many seconds of it at the rate of the scenes, brought to the loudness that every recording has,
    /// in a room that is drawn for it: `number` tells stretches of one seed apart.
    pub fn stretch(&self, seconds: f64, seed: u64, number: u64) -> Result<Vec<f32>, Error> {
        let clips: Vec<&Clip> = self.clips.iter().collect();
        let gain = gain_of(&clips);
        let clips = clips.into_iter().map(|clip| (clip, gain)).collect();
        let mut dice = Dice::new(seed, u64::from(u32::from_be_bytes(*b"stre")), number);
        let room = Room::drawn(&mut dice);
        let mut scene = Scene::new(clips, self.pattern, room, seed, number)?;
        let mut out = Vec::new();
        let mut frame = [0.0; FRAME];
        for _ in 0..(seconds * f64::from(RATE_HZ) / FRAME as f64).ceil() as usize {
            scene.frame(&mut frame);
            out.extend(frame);
        }
        Ok(out)
    }
}

/// Labelled sounds, fit to be learnt from and tried on.
#[derive(Debug, Clone, PartialEq)]
pub struct Corpus {
    sounds: Vec<Sound>,
    labels: Vec<String>,
}

/// How long is listened to what.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Plan {
    /// Sittings of each activity. Sources are parted among them; where there are fewer sources than
    /// sittings, several sittings have the same one.
    pub sittings: usize,
    /// Times that each sitting is held, in another room each time.
    pub rooms: usize,
    /// Length of a sitting, seconds.
    pub seconds: f64,
    /// How much of it goes through the Opus encoder, seconds.
    pub opus_s: f64,
    /// How loud each recording is.
    pub loudness: Loudness,
    /// What everything is drawn from.
    pub seed: u64,
}

/// How loud each recording is before distance and room come to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loudness {
    /// All alike while they sound: nothing is told by how somebody set a recording's level.
    Equal,
    /// As somebody set it. Whoever cuts key strokes leaves another level than who publishes music, so
    /// that this tells activities apart by the hands that they went through.
    AsRecorded,
}

/// One activity in one room.
#[derive(Debug, Clone, PartialEq)]
pub struct Sitting {
    /// The activity.
    pub label: String,
    /// The recordings that are heard in it.
    pub sources: Vec<String>,
    sounds: Vec<usize>,
    number: u64,
}

impl Corpus {
    /// Sounds of two labels or more, each with two recordings or more, none of which has two labels.
    pub fn new(sounds: Vec<Sound>) -> Result<Corpus, Error> {
        let mut of: BTreeMap<&str, &str> = BTreeMap::new();
        let mut count: BTreeMap<&str, usize> = BTreeMap::new();
        for sound in &sounds {
            match of.insert(&sound.source, &sound.label) {
                None => *count.entry(&sound.label).or_default() += 1,
                Some(other) if other != sound.label => {
                    return Err(Error::TwoLabels {
                        source_id: sound.source.clone(),
                        one: other.to_owned(),
                        other: sound.label.clone(),
                    });
                }
                Some(_) => {}
            }
        }
        if count.len() < 2 {
            let only = count.keys().copied().collect();
            return Err(Error::OneClass(only));
        }
        if let Some((class, &sources)) = count.iter().find(|(_, n)| **n < 2) {
            let class = (*class).to_owned();
            return Err(Error::OneSource { class, sources });
        }
        Ok(Corpus {
            labels: count.into_keys().map(str::to_owned).collect(),
            sounds,
        })
    }

    /// The activities, sorted.
    pub fn labels(&self) -> &[String] {
        &self.labels
    }

    /// The sounds.
    pub fn sounds(&self) -> &[Sound] {
        &self.sounds
    }

    /// Sittings as planned, every source in one group.
    pub fn sittings(&self, plan: &Plan) -> Vec<Sitting> {
        let mut all = Vec::new();
        for (class, label) in self.labels.iter().enumerate() {
            let own = self.sounds.iter().enumerate();
            let own = own.filter(|(_, s)| s.label == *label).map(|(i, _)| i);
            let mut own: Vec<usize> = own.collect();
            let mut dice = Dice::new(
                plan.seed,
                u64::from(u32::from_be_bytes(*b"sitt")),
                class as u64,
            );
            dice.shuffle(&mut own);
            let groups = plan.sittings.clamp(1, own.len());
            for sitting in 0..plan.sittings {
                let group = sitting % groups;
                let sounds: Vec<usize> = own.iter().copied().skip(group).step_by(groups).collect();
                for room in 0..plan.rooms {
                    let source = |&i: &usize| self.sounds[i].source.clone();
                    all.push(Sitting {
                        label: label.clone(),
                        sources: sounds.iter().map(source).collect(),
                        sounds: sounds.clone(),
                        number: ((class * plan.sittings + sitting) * plan.rooms + room) as u64,
                    });
                }
            }
        }
        all
    }

    /// What a client hears of a sitting.
    pub fn listen(&self, sitting: &Sitting, plan: &Plan) -> Result<Heard, Error> {
        let mut clips = Vec::new();
        let mut pattern = Pattern::Stretches;
        for &i in &sitting.sounds {
            let sound = &self.sounds[i];
            pattern = sound.pattern;
            let all: Vec<&Clip> = sound.clips.iter().collect();
            let gain = match plan.loudness {
                Loudness::Equal => gain_of(&all),
                Loudness::AsRecorded => 1.0,
            };
            clips.extend(all.into_iter().map(|clip| (clip, gain)));
        }
        let mut dice = Dice::new(
            plan.seed,
            u64::from(u32::from_be_bytes(*b"room")),
            sitting.number,
        );
        let room = Room::drawn(&mut dice);
        let mut scene = Scene::new(clips, pattern, room, plan.seed, sitting.number)?;
        listen(&mut scene, plan.seconds, plan.opus_s)
    }
}
