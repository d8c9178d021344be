//! Whatever is wrong with an export is told by name, and the rest is checked.

mod common;

use std::fs;
use std::io::{Cursor, Read, Write};
use std::path::Path;

use common::{Tones, checked, gathered, tone, wave};
use export::{Gathered, Trouble};
use report::ExportAnswer;
use zip::write::SimpleFileOptions;
use zip::{AesMode, CompressionMethod, ZipWriter};

fn deflated() -> SimpleFileOptions {
    SimpleFileOptions::default().compression_method(CompressionMethod::Deflated)
}

/// Ten own clips and whatever else.
fn zip(more: &[(&str, &[u8])], options: SimpleFileOptions) -> Vec<u8> {
    let mut out = ZipWriter::new(Cursor::new(Vec::new()));
    for i in 0..10 {
        out.start_file(format!("own-{i}.wav"), options).unwrap();
        out.write_all(&wave(&tone(200.0, 2.0))).unwrap();
    }
    for (name, bytes) in more {
        out.start_file(*name, options).unwrap();
        out.write_all(bytes).unwrap();
    }
    out.finish().unwrap().into_inner()
}

fn tar(more: &[(&str, &[u8])]) -> Vec<u8> {
    let mut out = tar::Builder::new(Vec::new());
    let own = wave(&tone(200.0, 2.0));
    let names: Vec<String> = (0..10).map(|i| format!("own-{i}.wav")).collect();
    let own: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &own[..])).collect();
    for (name, bytes) in own.iter().chain(more) {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        // As a program without scruples writes it: `set_path` would refuse `..`.
        header.as_gnu_mut().unwrap().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_cksum();
        out.append(&header, *bytes).unwrap();
    }
    out.into_inner().unwrap()
}

fn of(name: &str, bytes: &[u8], password: Option<&str>) -> Gathered {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(name);
    fs::write(&path, bytes).unwrap();
    gathered(&path, &Tones, password)
}

/// The ten were heard, and this was told of that file.
#[track_caller]
fn told(gathered: &Gathered, path: &str, what: impl Fn(&Trouble) -> bool) {
    let own = gathered
        .recordings
        .iter()
        .filter(|of| of.path.starts_with("own-"))
        .count();
    assert_eq!(own, 10, "{:?}", gathered.problems);
    let found = gathered
        .problems
        .iter()
        .any(|of| of.path == path && what(&of.what));
    assert!(found, "{path}: {:?}", gathered.problems);
}

#[test]
fn in_a_zip_archive() {
    let cut = &wave(&tone(200.0, 2.0))[..20_000];
    let nested = zip(&[], deflated());
    let text = b"<script>alert(1)</script>";
    let files: [(&str, &[u8]); 9] = [
        ("empty.wav", b""),
        ("text.wav", text),
        ("cut.wav", cut),
        ("sound.txt", &wave(&tone(200.0, 2.0))),
        ("inner.zip", &nested),
        ("../../out.wav", &wave(&tone(200.0, 2.0))),
        ("a\u{1b}[2J.wav", &wave(&tone(200.0, 2.0))),
        ("call.amr", b"#!AMR\n\x3c"),
        ("letter.pdf", b"%PDF-1.7"),
    ];
    let gathered = of("export.zip", &zip(&files, deflated()), None);
    told(&gathered, "empty.wav", |of| *of == Trouble::Empty);
    told(&gathered, "text.wav", |of| {
        matches!(of, Trouble::NotSound(_))
    });
    told(&gathered, "cut.wav", |of| *of == Trouble::Cut);
    told(&gathered, "sound.txt", |of| *of == Trouble::WrongName);
    told(&gathered, "inner.zip", |of| *of == Trouble::Nested);
    told(&gathered, "../../out.wav", |of| *of == Trouble::Outside);
    told(&gathered, "a\u{1b}[2J.wav", |of| *of == Trouble::Controls);
    told(&gathered, "call.amr", |of| *of == Trouble::NotRead("AMR"));
    told(&gathered, "letter.pdf", |of| {
        *of == Trouble::Document("PDF")
    });
    assert_eq!(gathered.problems.len(), 9, "{:?}", gathered.problems);
    assert_eq!(gathered.files, 19);
}

#[test]
fn in_a_tar_archive_packed_in_each_way() {
    let own = wave(&tone(200.0, 2.0));
    let plain = tar(&[
        ("empty.wav", b""),
        ("../out.wav", &own),
        ("latin-\u{e4}.wav", &own),
    ]);
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(&plain).unwrap();
    let zstd =
        ruzstd::encoding::compress_to_vec(&plain[..], ruzstd::encoding::CompressionLevel::Fastest);
    let packed = [plain, gzip.finish().unwrap(), zstd];
    for bytes in packed {
        let gathered = of("export.tar", &bytes, None);
        told(&gathered, "empty.wav", |of| *of == Trouble::Empty);
        told(&gathered, "../out.wav", |of| *of == Trouble::Outside);
        assert_eq!(gathered.problems.len(), 2, "{:?}", gathered.problems);
        assert_eq!(gathered.recordings.len(), 12);
    }
}

/// A name in Latin-1, as old programs write it, and links that lead elsewhere.
#[test]
fn foreign_encodings_and_links_in_archives() {
    let own = wave(&tone(200.0, 2.0));
    let mut zipped = zip(&[("aerger-x.wav", &own)], deflated());
    while let Some(at) = zipped.windows(12).position(|w| w == b"aerger-x.wav") {
        zipped[at] = 0xE4;
    }
    let gathered = of("export.zip", &zipped, None);
    assert_eq!(gathered.recordings.len(), 11);
    let foreign = |gathered: &Gathered| {
        let mut each = gathered.problems.iter();
        each.any(|of| of.what == Trouble::Encoding && of.path.ends_with("erger-x.wav"))
    };
    assert!(foreign(&gathered), "{:?}", gathered.problems);

    let mut taped = tar(&[("aerger-x.wav", &own)]);
    let mut link = tar::Header::new_gnu();
    link.set_entry_type(tar::EntryType::Symlink);
    link.set_path("link.wav").unwrap();
    link.set_link_name("/etc/passwd").unwrap();
    link.set_size(0);
    link.set_cksum();
    // Before the two blocks of zeros at the end.
    let end = taped.len() - 1024;
    taped.splice(end..end, link.as_bytes().iter().copied());
    let at = taped
        .windows(12)
        .position(|w| w == b"aerger-x.wav")
        .unwrap();
    let mut header = tar::Header::from_byte_slice(&taped[at..at + 512]).clone();
    header.as_gnu_mut().unwrap().name[0] = 0xE4;
    header.set_cksum();
    taped[at..at + 512].copy_from_slice(header.as_bytes());
    let gathered = of("export.tar", &taped, None);
    told(&gathered, "link.wav", |of| *of == Trouble::Link);
    assert!(foreign(&gathered), "{:?}", gathered.problems);

    let mut out = ZipWriter::new_append(Cursor::new(zip(&[], deflated()))).unwrap();
    out.add_symlink("link.wav", "/etc/passwd", deflated())
        .unwrap();
    let linked = out.finish().unwrap().into_inner();
    told(&of("export.zip", &linked, None), "link.wav", |of| {
        *of == Trouble::Link
    });
}

/// Archives of nothing, and what only says it is one.
#[test]
fn archives_without_anything_in_them() {
    let empty = of("export.zip", b"", None);
    assert_eq!(empty.problems[0].what, Trouble::Empty);
    for (name, bytes) in [
        ("export.zip", &b"PK\x03\x04 and nothing that follows"[..]),
        ("export.tgz", &[0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 3, 1, 2, 3]),
        ("export.tar.zst", &[0x28, 0xB5, 0x2F, 0xFD, 1, 2, 3]),
    ] {
        let gathered = of(name, bytes, None);
        let broken = |of: &export::Problem| matches!(of.what, Trouble::Broken(_));
        assert!(gathered.problems.iter().any(broken), "{name}: {gathered:?}");
    }
}

#[test]
fn a_zip_archive_that_breaks_off_is_read_from_the_front() {
    let mut whole = zip(&[("last.wav", &wave(&tone(200.0, 8.0)))], deflated());
    whole.truncate(whole.len() * 6 / 10);
    let gathered = of("export.zip", &whole, None);
    assert!(gathered.recordings.len() > 3, "{:?}", gathered.problems);
    let broken = gathered
        .problems
        .iter()
        .any(|of| matches!(of.what, Trouble::Broken(_)));
    assert!(broken, "{:?}", gathered.problems);
}

#[test]
fn a_tar_archive_that_breaks_off() {
    let mut whole = tar(&[("last.wav", &wave(&tone(200.0, 2.0)))]);
    whole.truncate(whole.len() - 40_000);
    let gathered = of("export.tar", &whole, None);
    told(&gathered, "last.wav", |of| {
        matches!(of, Trouble::Cut | Trouble::Failed(_))
    });
}

#[test]
fn encrypted_archives_want_the_right_password() {
    for options in [
        deflated().with_aes_encryption(AesMode::Aes256, "right"),
        deflated().with_aes_encryption(AesMode::Aes128, "right"),
    ] {
        let bytes = zip(&[], options);
        let with = |password| of("export.zip", &bytes, password);
        assert_eq!(with(Some("right")).recordings.len(), 10);
        for (password, expected) in [
            (Some("wrong"), Trouble::WrongPassword),
            (None, Trouble::NoPassword),
        ] {
            let gathered = with(password);
            assert_eq!(gathered.recordings.len(), 0);
            assert_eq!(gathered.problems.len(), 10);
            assert!(
                gathered.problems.iter().all(|of| of.what == expected),
                "{gathered:?}"
            );
        }
    }
}

#[test]
fn two_files_of_one_name_are_told() {
    let own = wave(&tone(200.0, 2.0));
    let mut whole = zip(&[("twin-a.wav", &own), ("twin-b.wav", &own)], deflated());
    // The writer refuses it; the format does not.
    while let Some(at) = whole.windows(10).position(|w| w == b"twin-b.wav") {
        whole[at..at + 10].copy_from_slice(b"twin-a.wav");
    }
    let gathered = of("export.zip", &whole, None);
    assert!(
        gathered.problems.iter().any(|of| of.what == Trouble::Twice),
        "{gathered:?}"
    );
}

#[test]
fn an_archive_with_more_files_than_are_checked_is_one_line() {
    let mut whole = zip(&[], deflated());
    // The end record says so; the long one is not there, so 65,534 is the most. A made-up long one:
    let end = whole.windows(4).rposition(|w| w == b"PK\x05\x06").unwrap();
    whole[end + 8..end + 12].copy_from_slice(&[0xFF; 4]);
    let mut long = b"PK\x06\x06".to_vec();
    long.extend(44u64.to_le_bytes());
    long.extend([45, 0, 45, 0]);
    long.extend([0; 8]);
    long.extend(2_000_000u64.to_le_bytes());
    long.extend(2_000_000u64.to_le_bytes());
    long.extend([0; 16]);
    whole.splice(end..end, long);
    let gathered = of("export.zip", &whole, None);
    assert_eq!(gathered.problems.len(), 1);
    assert!(
        matches!(gathered.problems[0].what, Trouble::TooMany(_)),
        "{gathered:?}"
    );
}

#[test]
fn a_bomb_is_left_out() {
    // 1.2 GB of zeros: too slow to write for a test, so the size is written into both headers.
    let mut whole = zip(&[("bomb.wav", &wave(&vec![0.0; 1_000_000]))], deflated());
    let length = (44 + 2_000_000u32).to_le_bytes();
    while let Some(at) = whole.windows(4).position(|w| w == length) {
        whole[at..at + 4].copy_from_slice(&1_300_000_000u32.to_le_bytes());
    }
    let gathered = of("export.zip", &whole, None);
    told(&gathered, "bomb.wav", |of| *of == Trouble::Bomb);
}

#[cfg(unix)]
#[test]
fn links_and_special_files_in_a_folder_are_told_and_not_followed() {
    let folder = tempfile::tempdir().unwrap();
    for i in 0..10 {
        fs::write(
            folder.path().join(format!("own-{i}.wav")),
            wave(&tone(200.0, 2.0)),
        )
        .unwrap();
    }
    std::os::unix::fs::symlink("/etc/passwd", folder.path().join("link.wav")).unwrap();
    std::os::unix::fs::symlink(folder.path(), folder.path().join("round")).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(folder.path().join("socket")).unwrap();
    let gathered = gathered(folder.path(), &Tones, None);
    told(&gathered, "link.wav", |of| *of == Trouble::Link);
    told(&gathered, "round", |of| *of == Trouble::Link);
    told(&gathered, "socket", |of| *of == Trouble::Special);
}

#[test]
fn what_is_wrong_keeps_the_answer_from_being_nothing_found() {
    let folder = tempfile::tempdir().unwrap();
    for i in 0..10 {
        fs::write(
            folder.path().join(format!("own-{i}.wav")),
            wave(&tone(200.0, 2.0)),
        )
        .unwrap();
    }
    let answer = |path: &Path| checked(path, &Tones).answer;
    assert_eq!(answer(folder.path()).code(), 0);
    fs::write(folder.path().join("empty.wav"), b"").unwrap();
    assert!(matches!(
        answer(folder.path()),
        ExportAnswer::PartlyRead { .. }
    ));
    assert_eq!(answer(folder.path()).code(), 4);
}

#[test]
fn archives_that_are_not_read_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.7z");
    fs::write(&path, b"7z\xBC\xAF\x27\x1C0000").unwrap();
    let refused = export::walk(&path, &mut |_| None, &mut |_| true)
        .unwrap_err()
        .to_string();
    assert!(refused.contains("7z archives are not read"), "{refused}");
    let missing = export::walk(&folder.path().join("no"), &mut |_| None, &mut |_| true);
    assert!(missing.unwrap_err().to_string().contains("failed to read"));
}

/// Reads all that a walk meets.
fn walked(bytes: &[u8]) {
    let _ = export::walk_bytes(
        Path::new("export"),
        Cursor::new(bytes),
        &mut |_| Some("password".to_owned()),
        &mut |entry| {
            if let export::Entry::File(file) = entry {
                let _ = std::io::copy(&mut file.bytes.take(1 << 20), &mut std::io::sink());
            }
            true
        },
    );
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config::with_cases(64))]

    /// Whatever is changed in an archive, nothing panics, and the walk ends.
    #[test]
    fn damaged_archives_do_no_harm(
        which in 0..3usize,
        damage in proptest::collection::vec((0..1_000_000usize, 0..=255u8), 1..20),
        cut in 0..2_000usize,
    ) {
        let files: [(&str, &[u8]); 2] = [("a.txt", b"some text"), ("b.wav", b"RIFF")];
        let mut bytes = match which {
            0 => zip(&files, deflated()),
            1 => zip(&files, deflated().with_aes_encryption(AesMode::Aes256, "password")),
            _ => tar(&files),
        };
        let n = bytes.len();
        for (at, byte) in damage {
            bytes[at % n] = byte;
        }
        bytes.truncate(n - cut);
        walked(&bytes);
    }

    #[test]
    fn lists_of_anything_do_no_harm(text in ".{0,400}", name in "(_chat.txt|result.json|message_1.json|data.json|alexa.csv|MyActivity.html|A - Voicemail - T.html)") {
        export::layouts::Sidecars::default().read(&name, text.as_bytes(), &mut Vec::new());
    }
}
