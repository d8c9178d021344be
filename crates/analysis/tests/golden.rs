//! Bundles that were recorded long ago (`cargo xtask golden`): every later version reads and judges them
//! as they were, and everything made of them has the same bytes.
//!
//! Those of specimens are whole, those of real apps are without contents.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use analysis::{Judged, judged};
use record::{Code, Phase, Player};
use report::{Lang, Render};
use sha2::{Digest, Sha256};

#[test]
fn old_bundles_are_judged_as_they_were() {
    let packed = packed();
    assert!(packed.len() > 16, "{} golden bundles", packed.len());
    let next = std::sync::Mutex::new(packed.iter());
    let made = std::sync::Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let Some(archive) = next.lock().unwrap().next() else {
                        return;
                    };
                    let name = archive.file_name().unwrap().to_string_lossy();
                    let name = name.trim_end_matches(".tar.xz").to_owned();
                    let made_of_it = everything(archive, &name);
                    made.lock().unwrap().push((name, made_of_it));
                }
            });
        }
    });
    for (name, text) in made.into_inner().unwrap() {
        insta::assert_snapshot!(name, text);
    }
}

/// What is played in every profile, by a seed that never changes.
#[test]
fn schedules_are_played_as_they_were() {
    let seed = stimulus::Seed([0x3c; 32]);
    let mut out = String::new();
    for (name, ..) in stimulus::PROFILES {
        let protocol = stimulus::profile(name).unwrap();
        let protocol = stimulus::with_transitions(protocol);
        for player in [Player::Mic, Player::Sham] {
            let mut program = stimulus::Program::new(&seed, &protocol, player);
            let slower = protocol.slower.iter().map(|s| s.code);
            let codes = slower.chain([
                Code::Fast,
                Code::ActivityPair,
                Code::ActivityOne,
                Code::Transition,
            ]);
            let keys = codes.map(|code| stimulus::Key::of_code(&seed, &protocol, player, code));
            let keys: Vec<_> = keys.flatten().collect();
            let mut symbols = Vec::new();
            let mut samples = Sha256::new();
            for phase in [Phase::Control, Phase::Muted] {
                symbols.extend(keys.iter().map(|key| key.symbols(phase).to_vec()));
                let rate = protocol.sample_rate_hz as usize;
                let mut second = vec![0.0f32; rate];
                // The beginning, and the end with its activities and transitions.
                let seconds = u64::from(protocol.blocks(phase)) * protocol.block_ns / 1_000_000_000;
                for at in (0..10).chain(seconds - 10..seconds) {
                    program.phase(phase, at * rate as u64, &mut second);
                    for sample in &second {
                        samples.update(((sample * 32_767.0).round() as i16).to_le_bytes());
                    }
                }
            }
            let symbols = hash(format!("{symbols:?}").as_bytes());
            let samples = hex::encode(&samples.finalize()[..8]);
            let _ = writeln!(
                out,
                "{name} {player:?}: symbols {symbols}, samples {samples}"
            );
        }
    }
    insta::assert_snapshot!("schedules", out);
}

fn packed() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../testdata/bundles");
    let mut packed: Vec<_> = fs::read_dir(&folder)
        .expect("golden bundles")
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|e| e == "xz"))
        .collect();
    packed.sort();
    packed
}

fn everything(archive: &Path, name: &str) -> String {
    let dir = tempfile::tempdir().expect("a temporary folder");
    let unpacked = Command::new("tar")
        .arg("-xJf")
        .arg(archive)
        .arg("-C")
        .arg(dir.path())
        .status();
    match unpacked {
        Ok(status) if status.success() => {}
        other => panic!("{name} was not unpacked (are tar and xz here?): {other:?}"),
    }
    let judged = judged(&dir.path().join(name), false).unwrap_or_else(|e| panic!("{name}: {e}"));
    let mut out = String::new();
    let _ = writeln!(
        out,
        "exit code {}, strict {}",
        judged.code(false),
        judged.code(true)
    );
    for (format, lang) in [
        ("json", Lang::En),
        ("html", Lang::En),
        ("html", Lang::De),
        ("text", Lang::De),
    ] {
        let bytes = rendered(&judged, report::format(format).unwrap(), lang);
        let _ = writeln!(out, "{format} {}: {}", lang.tag(), hash(&bytes));
    }
    if judged.bundle.kept.is_none() {
        let session = judged.bundle.session();
        let kept = verdict::keep(&session, judged.bundle.seed(), &judged.judgement);
        let json = serde_json::to_vec(&kept).unwrap();
        let _ = writeln!(out, "what a copy without contents keeps: {}", hash(&json));
    }
    let text = rendered(&judged, report::format("text").unwrap(), Lang::En);
    format!("{out}\n{}", String::from_utf8_lossy(&text))
}

fn rendered(judged: &Judged, format: &dyn Render, lang: Lang) -> Vec<u8> {
    judged
        .render(format, lang, report::Maker::default())
        .expect("a report")
}

fn hash(bytes: &[u8]) -> String {
    hex::encode(&Sha256::digest(bytes)[..8])
}
