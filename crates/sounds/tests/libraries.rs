//! Libraries: made, imported, read, and refused with one line where something is wrong with them.

use std::fs;
use std::path::{Path, PathBuf};

use sounds::{Library, SourceBy, esc, folders, synthetic};

/// Half a second of a tone, 16 bits at 16 kHz.
fn wav(path: &Path, amplitude: f64) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let samples = (0..8_000).map(|i| ((f64::from(i) * 0.3).sin() * amplitude) as i16);
    let data: Vec<u8> = samples.flat_map(i16::to_le_bytes).collect();
    let mut bytes = b"RIFF".to_vec();
    bytes.extend((36 + data.len() as u32).to_le_bytes());
    bytes.extend(b"WAVEfmt \x10\0\0\0\x01\0\x01\0\x80\x3e\0\0\0\x7d\0\0\x02\0\x10\0data");
    bytes.extend((data.len() as u32).to_le_bytes());
    bytes.extend(data);
    fs::write(path, bytes).unwrap();
}

/// Half a second of 32-bit floats at 16 kHz, one of which is no number.
fn wav_with_nan(path: &Path) {
    let samples = (0..8_000).map(|i| if i == 4_000 { f32::NAN } else { 0.3 });
    let data: Vec<u8> = samples.flat_map(f32::to_le_bytes).collect();
    let mut bytes = b"RIFF".to_vec();
    bytes.extend((36 + data.len() as u32).to_le_bytes());
    bytes.extend(b"WAVEfmt \x10\0\0\0\x03\0\x01\0\x80\x3e\0\0\0\xfa\0\0\x04\0\x20\0data");
    bytes.extend((data.len() as u32).to_le_bytes());
    bytes.extend(data);
    fs::write(path, bytes).unwrap();
}

struct Place(tempfile::TempDir);

impl Place {
    fn new() -> Place {
        Place(tempfile::tempdir().unwrap())
    }

    fn path(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    /// Two labels of two recordings, one of them in two pieces.
    fn filled() -> Place {
        let place = Place::new();
        let files = [
            "dog/1-A.wav",
            "dog/1-B.wav",
            "dog/2-A.wav",
            "cat/3-A.wav",
            "cat/4-A.wav",
        ];
        for (i, file) in files.iter().enumerate() {
            wav(&place.path("in").join(file), 9_000.0 + 1_000.0 * i as f64);
        }
        place
    }

    fn import(&self) -> Result<Library, sounds::Error> {
        let by = SourceBy::BeforeHyphen;
        folders(
            &self.path("in"),
            &self.path("lib"),
            by,
            "CC0-1.0",
            "mine",
            &[],
        )
    }

    /// What is said when it is imported and read.
    fn refused(&self) -> String {
        let read = self.import().and_then(|library| library.corpus());
        read.unwrap_err().to_string()
    }
}

#[test]
fn folders_become_a_library_that_says_whose_each_file_is() {
    let place = Place::filled();
    let library = place.import().unwrap();
    assert_eq!(library, Library::open(&place.path("lib")).unwrap());
    let counts: Vec<_> = library.counts().into_iter().collect();
    assert_eq!(counts, [("cat", (2, 2)), ("dog", (3, 2))]);
    assert!(
        library
            .sounds
            .iter()
            .all(|s| s.licence == "CC0-1.0" && s.from == "mine")
    );
    let corpus = library.corpus().unwrap();
    assert_eq!(corpus.labels(), ["cat", "dog"]);
    assert_eq!(corpus.sounds().len(), 4);
    // Nothing is written over, and the originals stay.
    let said = place.refused();
    assert!(
        said.ends_with("a library is written into a folder of its own"),
        "{said}"
    );
    assert!(place.path("in/dog/1-A.wav").is_file());
}

#[test]
fn esc_is_imported_in_both_its_forms() {
    let place = Place::new();
    let lines = "filename,fold,target,category,esc10,src_file,take\n\
                 1-100-A-0.wav,1,0,dog,True,100,A\n2-200-A-3.wav,2,3,crying_baby,False,200,A\n";
    fs::create_dir_all(place.path("esc50/meta")).unwrap();
    fs::write(place.path("esc50/meta/esc50.csv"), lines).unwrap();
    wav(&place.path("esc50/audio/1-100-A-0.wav"), 9_000.0);
    wav(&place.path("esc50/audio/2-200-A-3.wav"), 9_000.0);
    let library = esc(&place.path("esc50"), &place.path("a"), &[]).unwrap();
    let said: Vec<_> = library
        .sounds
        .iter()
        .map(|s| (&*s.label, &*s.source, &*s.licence))
        .collect();
    let expected = [
        ("dog", "freesound-100", "CC BY 3.0"),
        ("crying-baby", "freesound-200", "CC BY-NC 3.0"),
    ];
    assert_eq!(said, expected);
    wav(&place.path("esc10/001 - Dog bark/1-100-A.wav"), 9_000.0);
    let library = esc(&place.path("esc10"), &place.path("b"), &[]).unwrap();
    assert_eq!(
        (&*library.sounds[0].label, &*library.sounds[0].source),
        ("dog-bark", "freesound-100")
    );
    let none = esc(&place.path("esc10"), &place.path("c"), &["cat".to_owned()]);
    assert!(none.unwrap_err().to_string().contains("no sounds in it"));
}

#[test]
fn the_synthetic_sounds_are_written_as_such_and_read_again() {
    let place = Place::new();
    let library = synthetic(&place.path("lib"), 1).unwrap();
    assert!(
        library.synthetic
            && library
                .sounds
                .iter()
                .all(|s| s.from.contains("no recording"))
    );
    let corpus = Library::open(&place.path("lib")).unwrap().corpus().unwrap();
    assert_eq!(corpus.labels(), attack::synthetic::LABELS);
    let typing: Vec<_> = corpus
        .sounds()
        .iter()
        .filter(|s| s.label == "typing")
        .collect();
    assert!(
        typing.iter().all(|s| (12..=20).contains(&s.clips.len())),
        "strokes are told apart"
    );
}

#[test]
fn every_kind_of_damage_has_a_line_of_its_own() {
    let broken = |name: &str, what: &dyn Fn(&Place)| {
        let place = Place::filled();
        what(&place);
        let said = place.refused();
        assert!(!said.contains('\n'), "{name}: {said}");
        said
    };
    let said = broken("text", &|p| {
        fs::write(p.path("in/cat/3-A.wav"), "no sound").unwrap()
    });
    assert!(
        said.contains("3-A.wav: no sound can be read from it"),
        "{said}"
    );
    let said = broken("empty", &|p| {
        fs::write(p.path("in/cat/3-A.wav"), "").unwrap()
    });
    assert!(
        said.contains("3-A.wav: no sound can be read from it"),
        "{said}"
    );
    let said = broken("no number", &|p| wav_with_nan(&p.path("in/cat/3-A.wav")));
    assert!(
        said.contains("3-A.wav: ") && said.contains("samples that are no numbers"),
        "{said}"
    );
    let said = broken("silent", &|p| wav(&p.path("in/cat/3-A.wav"), 0.0));
    assert!(said.contains("3-A.wav: there is no sound in it"), "{said}");
    let said = broken("cut", &|p| {
        let bytes = fs::read(p.path("in/cat/3-A.wav")).unwrap();
        fs::write(p.path("in/cat/3-A.wav"), &bytes[..40]).unwrap();
    });
    assert!(said.contains("3-A.wav: "), "{said}");
    let said = broken("one source", &|p| {
        fs::remove_file(p.path("in/cat/3-A.wav")).unwrap()
    });
    assert!(said.starts_with("class `cat` has 1 source"), "{said}");
    let said = broken("twice", &|p| {
        fs::copy(p.path("in/dog/2-A.wav"), p.path("in/cat/5-A.wav")).unwrap();
    });
    assert!(
        said.contains("are the same file with different labels"),
        "{said}"
    );
    let said = broken("empty label", &|p| {
        fs::create_dir(p.path("in/bird")).unwrap()
    });
    assert!(
        said.ends_with("bird: no sound files in this folder; fill it or take it away"),
        "{said}"
    );
    let said = broken("one label", &|p| {
        fs::remove_dir_all(p.path("in/cat")).unwrap()
    });
    assert!(said.starts_with("there is only the class `dog`"), "{said}");
}

/// What an audit plays from: hashes tell whether two had the same files, and what nothing can be learnt
/// from is refused before anything is played.
#[test]
fn recordings_are_named_with_the_hash_of_their_files() {
    let place = Place::filled();
    let library = place.import().unwrap();
    let recordings = library.recordings().unwrap();
    let names: Vec<_> = recordings.iter().map(|r| (&*r.label, &*r.source)).collect();
    let expected = [
        ("cat", "cat/3"),
        ("cat", "cat/4"),
        ("dog", "dog/1"),
        ("dog", "dog/2"),
    ];
    assert_eq!(names, expected);
    assert!(recordings.iter().all(|r| r.sha256.len() == 64));
    let sound = library.sound("dog", "dog/1").unwrap();
    assert_eq!((sound.clips.len(), &*sound.label), (2, "dog"));
    let none = library.sound("cat", "dog/1").unwrap_err().to_string();
    assert!(none.contains("no recording `dog/1` of `cat`"), "{none}");
    let file = library.folder.join(&library.sounds[0].file);
    wav(&file, 3_000.0);
    let changed = library.recordings().unwrap();
    let differ = changed.iter().zip(&recordings).filter(|(a, b)| a != b);
    assert_eq!(differ.count(), 1);

    let without = |label: &str, keep: usize| {
        let mut kept = library.clone();
        let mut own = 0;
        kept.sounds.retain(|s| {
            own += usize::from(s.label == label);
            s.label != label || own <= keep
        });
        kept.recordings().unwrap_err().to_string()
    };
    let one = without("cat", 1);
    assert!(one.starts_with("class `cat` has 1 source"), "{one}");
    let alone = without("cat", 0);
    assert!(
        alone.starts_with("there is only the class `dog`"),
        "{alone}"
    );
    let mut mislabelled = library.clone();
    let piece = mislabelled.sounds.iter_mut().find(|s| s.source == "dog/1");
    piece.unwrap().label = "cat".to_owned();
    let two = mislabelled.recordings().unwrap_err().to_string();
    assert!(two.contains("is labelled `"), "{two}");
    fs::remove_file(&file).unwrap();
    let gone = library.recordings().unwrap_err().to_string();
    assert!(gone.starts_with("failed to read"), "{gone}");
}

#[test]
fn a_library_is_refused_for_what_its_list_says() {
    let place = Place::filled();
    place.import().unwrap();
    let list = place.path("lib/sounds.toml");
    let good = fs::read_to_string(&list).unwrap();
    let said = |text: &str| {
        fs::write(&list, text).unwrap();
        let read = Library::open(&place.path("lib")).and_then(|l| l.corpus().map(|_| l));
        read.unwrap_err().to_string()
    };
    let two = said(&good.replace("source = \"dog/2\"", "source = \"cat/3\""));
    assert!(two.contains("is labelled `cat` and `dog`"), "{two}");
    assert!(said(&good.replace("licence", "license")).contains("license"));
    assert!(said(&good.replace("file = \"dog/", "file = \"../dog/")).contains("outside"));
    assert!(said(&good.replace("file = \"dog/", "file = \"dig/")).contains("failed to read"));
    fs::remove_file(&list).unwrap();
    let none = Library::open(&place.path("lib")).unwrap_err().to_string();
    assert!(none.contains("there is no sounds.toml"), "{none}");
}

/// Every format, where real files are at hand.
#[test]
fn real_files_of_every_format_are_read() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .nth(2)
        .unwrap();
    let audio = root.join("../shared/data/audio");
    if !audio.is_dir() {
        eprintln!("skipped: {} is not there", audio.display());
        return;
    }
    let files = [
        ("activity/dog/1-100032-A.ogg", 0.5..5.5),
        ("activity/clean/sweep-20286-A.opus", 1.0..6.0),
        (
            "activity/typing/holy-pandas/holy-pandas-ENTER.mp3",
            0.05..2.0,
        ),
        ("speech/1688/1688-142285-0000.flac", 1.0..40.0),
    ];
    for (file, seconds) in files {
        let samples = sounds::read(&audio.join(file)).unwrap();
        let lasts = samples.len() as f64 / 16_000.0;
        assert!(seconds.contains(&lasts), "{file}: {lasts} s");
        assert!(samples.iter().all(|s| s.abs() <= 1.5), "{file}");
    }
}
