//! From sounds to what a client sends about them.

use attack::classify::Settings;
use attack::evaluate::evaluate;
use attack::scene::{Clip, FRAME, Pattern, RATE_HZ, Room, Scene, gain_of, strokes};
use attack::telemetry::{Heard, Statistic, Telemetry, listen};
use attack::{Corpus, Error, Folds, Loudness, Plan, Set, Sound, features, synthetic};

const PLAN: Plan = Plan {
    sittings: 4,
    rooms: 1,
    seconds: 60.0,
    opus_s: 0.0,
    loudness: Loudness::Equal,
    seed: 1,
};

/// The synthetic sounds go all the way: heard, sent, learnt, and named when they were never heard.
#[test]
fn levels_of_packets_give_the_synthetic_activities_away() {
    let corpus = synthetic::corpus(1).unwrap();
    assert_eq!(corpus.labels(), synthetic::LABELS);
    let telemetry = Telemetry::packet_level();
    let series = |sitting: &attack::Sitting| {
        let heard = corpus.listen(sitting, &PLAN).unwrap();
        let sources: Vec<&str> = sitting.sources.iter().map(String::as_str).collect();
        telemetry.series(&sitting.label, &sources, &heard).unwrap()
    };
    let all: Vec<_> = corpus.sittings(&PLAN).iter().map(series).collect();
    assert_eq!(all.len(), 24);
    let folds = Folds::by_source(&all, 4, 1).unwrap();
    let windows = features::of(&all, 10.0, 6, Set::Full).unwrap();
    let settings = Settings {
        trees: 20,
        ..Settings::default()
    };
    let said = evaluate(&windows, &folds, settings, false).unwrap();
    assert!(said.accuracy().low > 0.4, "{:?}", said.accuracy());
}

#[test]
fn a_sitting_is_the_same_each_time_and_no_source_is_in_two() {
    let corpus = synthetic::corpus(1).unwrap();
    let sittings = corpus.sittings(&PLAN);
    let of = |i: usize| {
        corpus
            .listen(
                &sittings[i],
                &Plan {
                    seconds: 2.0,
                    ..PLAN
                },
            )
            .unwrap()
    };
    assert_eq!(of(3), of(3));
    let mut sources: Vec<&String> = sittings.iter().flat_map(|s| &s.sources).collect();
    let n = sources.len();
    sources.sort_unstable();
    sources.dedup();
    assert_eq!((sources.len(), n), (48, 48));
}

fn heard() -> Heard {
    // Quiet, with a louder 20 ms in each second.
    let levels = (0..150).map(|i| if i % 50 == 10 { -20.25 } else { -60.4 });
    Heard {
        levels: levels.collect(),
        vbr: vec![50.0; 150],
        dtx: vec![0.0; 150],
    }
}

/// As recorded, a louder recording is a louder one.
#[test]
fn loudness_is_evened_out_unless_it_is_wanted() {
    let sound = |source: &str, amplitude| Sound {
        label: source[..1].to_owned(),
        source: source.to_owned(),
        pattern: Pattern::Stretches,
        clips: vec![Clip::new(source, tone(30, amplitude)).unwrap()],
    };
    let sounds = vec![
        sound("a1", 0.5),
        sound("a2", 0.5),
        sound("b1", 0.01),
        sound("b2", 0.01),
    ];
    let corpus = Corpus::new(sounds).unwrap();
    let loudest = |loudness| -> Vec<f64> {
        let plan = Plan {
            sittings: 40,
            seconds: 2.0,
            loudness,
            ..PLAN
        };
        let heard = corpus.sittings(&plan).into_iter().map(|sitting| {
            let levels = corpus.listen(&sitting, &plan).unwrap().levels;
            let top = levels.into_iter().fold(-200.0, f64::max);
            (sitting.label == "a", top)
        });
        let heard: Vec<(bool, f64)> = heard.collect();
        let of = |a: bool| {
            let own: Vec<f64> = heard.iter().filter(|h| h.0 == a).map(|h| h.1).collect();
            own.iter().sum::<f64>() / own.len() as f64
        };
        vec![of(true), of(false)]
    };
    let (even, as_recorded) = (loudest(Loudness::Equal), loudest(Loudness::AsRecorded));
    assert!((even[0] - even[1]).abs() < 6.0, "{even:?}");
    assert!(as_recorded[0] > as_recorded[1] + 12.0, "{as_recorded:?}");
}

#[test]
fn a_report_says_of_its_interval_what_it_says_it_does() {
    let values = |every_s, statistics: &[Statistic], resolution_db| {
        let telemetry = Telemetry::Levels {
            every_s,
            statistics: statistics.to_vec(),
            resolution_db,
        };
        let series = telemetry.series("x", &["1"], &heard()).unwrap();
        let first = series.channels().iter().map(|c| c.values[0]);
        (series.len(), first.collect::<Vec<f64>>())
    };
    let all = [Statistic::Min, Statistic::Max, Statistic::Last];
    assert_eq!(values(1.0, &all, 1.0), (3, vec![-60.0, -20.0, -60.0]));
    assert_eq!(values(1.0, &all, 0.0), (3, vec![-60.4, -20.25, -60.4]));
    assert_eq!(values(1.0, &all, 6.0).1, [-60.0, -18.0, -60.0]);
    assert_eq!(values(0.02, &[Statistic::Rms], 1.0).0, 150);
    let (_, rms) = values(1.0, &[Statistic::Rms, Statistic::Mean], 0.0);
    assert!((rms[0] + 37.2).abs() < 0.1, "{rms:?}");
    assert!((rms[1] + 59.597).abs() < 0.001, "{rms:?}");
    let never = Telemetry::Levels {
        every_s: 0.0,
        statistics: vec![Statistic::Rms],
        resolution_db: 1.0,
    };
    assert!(matches!(
        never.series("x", &["1"], &heard()),
        Err(Error::NoTime { .. })
    ));
}

fn tone(seconds: usize, amplitude: f32) -> Vec<f32> {
    let sample = |i: usize| (i as f32 * 0.2).sin() * amplitude;
    (0..seconds * RATE_HZ as usize).map(sample).collect()
}

/// Of a tone and silence behind it: sizes differ, and without sound DTX sends nothing most of the time.
#[test]
fn the_codec_is_a_real_one() {
    let loud = Clip::new("1", tone(4, 0.5)).unwrap();
    let room = Room {
        distance_m: 1.0,
        echo_s: 0.2,
        volume_m3: 90.0,
        noise_dbfs: -120.0,
        gain_control: false,
    };
    let gain = gain_of(&[&loud]);
    // As loud as every source: -26 dBFS while it sounds.
    let power: f32 = loud.samples.iter().map(|s| (s * gain).powi(2)).sum();
    let level = 10.0 * (power / loud.samples.len() as f32).log10();
    assert!((level + 26.0).abs() < 0.1, "{level}");
    let mut scene = Scene::new(vec![(&loud, gain)], Pattern::Stretches, room, 1, 1).unwrap();
    let sound = listen(&mut scene, 2.0, 2.0).unwrap();
    let mut scene = Scene::new(vec![(&loud, 0.0)], Pattern::Stretches, room, 1, 1).unwrap();
    let silence = listen(&mut scene, 6.0, 6.0).unwrap();
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    assert_eq!((sound.levels.len(), sound.vbr.len()), (100, 100));
    assert!(mean(&sound.levels) > mean(&silence.levels) + 40.0);
    assert!(mean(&sound.vbr) > mean(&silence.vbr) + 10.0);
    let unsent = |values: &[f64]| values.iter().filter(|v| **v == 0.0).count();
    assert_eq!(unsent(&silence.vbr), 0);
    assert!(unsent(&silence.dtx) > 200, "{}", unsent(&silence.dtx));
}

#[test]
fn strokes_are_cut_where_they_begin() {
    let mut samples = vec![0.0; 4_000];
    for _ in 0..5 {
        samples.extend(tone(1, 0.3).into_iter().take(800));
        samples.extend(vec![0.0; 6_000]);
    }
    let cut = strokes(&samples);
    assert_eq!(cut.len(), 5);
    assert!(cut.iter().all(|s| s.len() > 2 * FRAME && s.len() <= 4_000));
    // A file that begins with its only stroke.
    assert_eq!(strokes(&tone(1, 0.3)[..2_000]).len(), 1);
    assert!(strokes(&[0.0; 999]).is_empty() && strokes(&[]).is_empty());
}

#[test]
fn sounds_that_are_none_have_a_line_of_their_own() {
    let said = Clip::new("cat-7", vec![0.0; 999]).unwrap_err().to_string();
    assert!(said.starts_with("cat-7: no sound in it"), "{said}");
    assert!(Clip::new("1", vec![]).is_err() && Clip::new("1", vec![f32::NAN; 999]).is_err());
    let sound = |label: &str, source: &str| Sound {
        label: label.to_owned(),
        source: source.to_owned(),
        pattern: Pattern::Stretches,
        clips: vec![Clip::new(source, tone(1, 0.5)).unwrap()],
    };
    let of = |sounds: &[(&str, &str)]| {
        let sounds = sounds.iter().map(|(label, source)| sound(label, source));
        Corpus::new(sounds.collect()).unwrap_err().to_string()
    };
    assert!(
        of(&[("dog", "1"), ("cat", "2"), ("cat", "3")]).starts_with("class `dog` has 1 source")
    );
    assert!(
        of(&[("dog", "1"), ("cat", "1")]).starts_with("source `1` is labelled `dog` and `cat`")
    );
    assert!(of(&[("dog", "1"), ("dog", "2")]).starts_with("there is only the class `dog`"));
}
