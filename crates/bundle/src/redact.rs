//! What leaves a bundle before it is shown to others, on request: payloads and keys.

use std::fs;
use std::io;
use std::path::Path;

use record::{Body, Bytes};
use wire::{Transport, dns, secrets};

use crate::names::{PACKETS, RECIPE_DIR};
use crate::read::Bundle;
use crate::seal::{Seal, SealError};
use crate::write::Writer;

/// Writes what is left of `bundle` into `out`, a new folder: headers of packets and records without
/// contents (but for answers of DNS that name the operator's own addresses), and `kept`, the features that were computed from what is gone. What programs printed
/// stays behind, and so do keys.
pub fn redact(bundle: &Bundle, out: &Path, kept: &[u8]) -> Result<Seal, SealError> {
    let failed = |source| SealError::Write {
        file: out.display().to_string(),
        source,
    };
    let mut writer = Writer::create(out, &bundle.manifest, bundle.seed()).map_err(failed)?;
    let mut copy = || -> io::Result<()> {
        for record in &bundle.records {
            writer.push(record.t, record.source, redacted(record.body.clone()))?;
        }
        if bundle.dir().join(PACKETS).is_file() {
            let mut capture = writer.capture_file("redacted", 65_535, &bundle.manifest.tool)?;
            for (realtime_ns, orig_len, data) in bundle.raw_packets() {
                let domains = bundle.manifest.guided.as_ref().map(|g| &g.domains[..]);
                let whole = answers_for(data, domains.unwrap_or_default());
                let kept = if whole { data } else { headers(data) };
                capture.packet(realtime_ns, orig_len, kept)?;
            }
            capture.flush()?;
        }
        writer.kept(kept)?;
        copy_folder(&bundle.dir().join(RECIPE_DIR), &out.join(RECIPE_DIR))
    };
    copy().map_err(failed)?;
    writer.seal()
}

/// Whether a frame is an answer of DNS for a name within these domains: by it an address is known to be the
/// operator's.
fn answers_for(frame: &[u8], domains: &[String]) -> bool {
    let Ok(datagram) = wire::datagram(frame) else {
        return false;
    };
    let from_resolver = datagram.transport == Transport::Udp && datagram.src.port() == dns::PORT;
    if domains.is_empty() || !from_resolver {
        return false;
    }
    let mut answers = dns::answers(&frame[datagram.payload]).into_iter();
    answers.any(|(_, name)| domains.iter().any(|domain| dns::is_within(&name, domain)))
}

/// A frame up to its payload.
fn headers(frame: &[u8]) -> &[u8] {
    const ETHERNET: usize = 14;
    match wire::datagram(frame) {
        Ok(datagram) => &frame[..datagram.payload.start],
        Err(_) => &frame[..frame.len().min(ETHERNET)],
    }
}

fn redacted(body: Body) -> Body {
    let masked = |text: String| {
        let mut bytes = text.into_bytes();
        secrets::mask(&mut bytes, &[]);
        String::from_utf8_lossy(&bytes).into_owned()
    };
    match body {
        Body::Plaintext { .. } => without_data(body),
        // How many rows there were stays known.
        Body::Row { .. } => Body::Row {
            values: Default::default(),
        },
        Body::MuteSaid { muted, said } => Body::MuteSaid {
            muted,
            said: masked(said),
        },
        Body::Step {
            part,
            step,
            took_ns,
            failed,
        } => Body::Step {
            part,
            step: masked(step),
            took_ns,
            failed: failed.map(masked),
        },
        other => other,
    }
}

fn without_data(mut body: Body) -> Body {
    if let Body::Plaintext { data, .. } = &mut body {
        *data = Bytes::default();
    }
    body
}

fn copy_folder(from: &Path, to: &Path) -> io::Result<()> {
    if !from.is_dir() {
        return Ok(());
    }
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let to = to.join(entry.file_name());
        let kind = entry.file_type()?;
        match (kind.is_dir(), kind.is_file()) {
            (true, _) => copy_folder(&entry.path(), &to)?,
            (false, true) => drop(fs::copy(entry.path(), to)?),
            (false, false) => return Err(files::Refused::NoFile.into()),
        }
    }
    Ok(())
}
