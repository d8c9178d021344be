//! How many canaries are found where none was planted.
//!
//! `chance FILE|FOLDER...`: draws 100 canaries, looks for all their forms in these files as they are, and in the
//! messages of the captures among them, and prints what was found by encoding, with what arithmetic expects of
//! the shortest.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

use dataflow::canary::{Canary, CanaryKind, Needles, Stream, Strength, chance_per_gb};
use wire::capture::{Captured, Reader, Take};
use wire::stream::{Message, Stream as Messages};
use wire::tcp::{Event, Table, segment};

#[path = "../tests/common/mod.rs"]
mod common;

/// Values that come out of lists, as a person's machine has them.
const LISTED: [(CanaryKind, &str); 6] = [
    (CanaryKind::TimeZone, "Europe/Berlin"),
    (CanaryKind::Locale, "de_DE.UTF-8"),
    (CanaryKind::City, "Reykjavik"),
    (CanaryKind::Battery, "87"),
    (CanaryKind::ScreenSize, "2560x1440"),
    (CanaryKind::Font, "DejaVu Sans Mono"),
];

#[derive(Default)]
struct Counts {
    /// Bytes that were searched, messages and their bytes.
    bytes: u64,
    messages: u64,
    message_bytes: u64,
    /// By strength, encoding and an example's place.
    raw: BTreeMap<(Strength, String), (u64, String)>,
    fields: BTreeMap<(Strength, String), (u64, String)>,
}

fn main() {
    let mut canaries = common::drawn(94, 4_711);
    canaries.extend(LISTED.map(|(kind, value)| Canary {
        name: format!("{kind:?} (listed)"),
        kind,
        value: value.to_owned(),
    }));
    let needles = Needles::new(&canaries).expect("the drawn values are long enough");
    let shortest = needles.forms().map(|(_, _, form)| form.len()).min();
    println!(
        "{} canaries, {} forms, the shortest of {} bytes",
        canaries.len(),
        needles.forms().count(),
        shortest.unwrap_or(0)
    );
    let mut files = Vec::new();
    for argument in std::env::args_os().skip(1) {
        files_of(Path::new(&argument), &mut files);
    }
    let mut counts = Counts::default();
    for file in &files {
        if let Err(e) = search(&needles, file, &mut counts) {
            eprintln!("{}: {e}", file.display());
        }
    }
    print(&files, &counts);
}

fn files_of(path: &Path, files: &mut Vec<PathBuf>) {
    match fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => {
            let mut inside: Vec<PathBuf> = fs::read_dir(path)
                .into_iter()
                .flatten()
                .flatten()
                .map(|entry| entry.path())
                .collect();
            inside.sort();
            inside.iter().for_each(|path| files_of(path, files));
        }
        Ok(found) if found.is_file() => files.push(path.to_owned()),
        _ => {}
    }
}

fn search(needles: &Needles, path: &Path, counts: &mut Counts) -> std::io::Result<()> {
    let mut file = File::open(path)?;
    let mut stream = Stream::new(needles);
    let mut piece = vec![0; 1 << 20];
    let mut first = true;
    loop {
        let n = file.read(&mut piece)?;
        if n == 0 {
            return Ok(());
        }
        counts.bytes += n as u64;
        stream.push(&piece[..n], |hit| {
            let encoding = format!(
                "{} {}",
                hit.canary.name.split(' ').next().unwrap_or(""),
                hit.encoding
            );
            let count = counts.raw.entry((hit.strength, encoding)).or_default();
            count.0 += 1;
            count.1 = format!(
                "{} at {}: {:?}",
                path.display(),
                hit.offset,
                hit.canary.value
            );
        });
        if std::mem::take(&mut first) && is_capture(&piece[..n]) {
            messages(needles, path, counts)?;
        }
    }
}

fn is_capture(bytes: &[u8]) -> bool {
    Reader::default().read(bytes, &mut Nothing).is_ok()
}

struct Nothing;

impl<'b> Take<'b> for Nothing {
    fn packet(&mut self, _: Captured<'b>) {}
}

/// Searches what a capture's datagrams and streams say.
fn messages(needles: &Needles, path: &Path, counts: &mut Counts) -> std::io::Result<()> {
    struct Packets<'n> {
        needles: &'n Needles,
        place: String,
        counts: &'n mut Counts,
        table: Table,
        streams: BTreeMap<(std::net::SocketAddr, std::net::SocketAddr), Messages>,
    }
    impl Packets<'_> {
        fn message(needles: &Needles, place: &str, counts: &mut Counts, message: Message) {
            counts.messages += 1;
            counts.message_bytes += message.len as u64;
            let pieces = message.decoded.pieces.unwrap_or_default();
            for found in needles.search_pieces(&pieces, &[]) {
                let kind = found.canary.split(' ').next().unwrap_or("");
                let encoding = format!("{kind} {}", found.encoding);
                let count = counts.fields.entry((found.strength, encoding)).or_default();
                count.0 += 1;
                count.1 = format!("{place}: {}", found.path);
            }
        }
    }
    impl<'b> Take<'b> for Packets<'_> {
        fn packet(&mut self, packet: Captured<'b>) {
            let Ok((datagram, _)) = wire::link::datagram_on(packet.link_type, packet.data) else {
                return;
            };
            let (needles, place) = (self.needles, self.place.as_str());
            if let Some(segment) = segment(packet.data, packet.orig_len, &datagram) {
                let (streams, counts) = (&mut self.streams, &mut *self.counts);
                self.table.push(&segment, 0, &mut |key, event| {
                    let on = &mut |message| Self::message(needles, place, counts, message);
                    let stream = streams.entry(key).or_insert_with(Messages::keeping);
                    match event {
                        Event::Start => *stream = Messages::keeping(),
                        Event::Data { bytes, .. } => stream.push(bytes, on),
                        Event::Gap { .. } => stream.gap(on),
                        Event::End => stream.finish(on),
                    }
                });
            } else if let Some(payload) = packet.data.get(datagram.payload) {
                let decoded = wire::decode::read("", payload, true);
                let message = Message {
                    len: payload.len(),
                    runs: Vec::new(),
                    decoded,
                };
                Self::message(needles, place, self.counts, message);
            }
        }
    }
    let bytes = fs::read(path)?;
    let mut packets = Packets {
        needles,
        place: path.display().to_string(),
        counts,
        table: Table::default(),
        streams: BTreeMap::new(),
    };
    // What a damaged capture holds behind the damage is passed over.
    let _ = Reader::default().read(&bytes, &mut packets);
    Ok(())
}

fn print(files: &[PathBuf], counts: &Counts) {
    let gb = counts.bytes as f64 / 1e9;
    println!(
        "{} files, {gb:.3} GB; {} messages, {:.3} GB of them read",
        files.len(),
        counts.messages,
        counts.message_bytes as f64 / 1e9
    );
    println!(
        "expected of a form of 24 bits: {:.0} per GB, of 32 bits: {:.2}",
        chance_per_gb(24.0),
        chance_per_gb(32.0)
    );
    for (what, found) in [("bytes", &counts.raw), ("fields", &counts.fields)] {
        println!("in {what}:");
        for strength in [Strength::Sure, Strength::Weak, Strength::Field] {
            let all: u64 = found
                .iter()
                .filter(|((s, _), _)| *s == strength)
                .map(|(_, (n, _))| n)
                .sum();
            println!("  {strength:?}: {all}");
        }
        for ((strength, encoding), (n, example)) in found {
            println!(
                "  {strength:?} {encoding}: {n}, {:.1} per GB, e.g. {example}",
                *n as f64 / gb.max(1e-9)
            );
        }
    }
}
