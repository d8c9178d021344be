//! The manifest: every field, by what it is.

use std::collections::BTreeSet;

use features::Derived;
use record::{Called, Guided, Label, Library, Manifest, Net, Remote, RemoteRole, Subject};

use super::names::Names;

/// What a bundle says of its machine, as we call it.
const HOST: &[&str] = &[
    "system",
    "kernel",
    "architecture",
    "cores",
    "privilege",
    "sound server",
    "sandbox",
];
/// What stands there in words of our own.
const HOST_WORDS: &[&str] = &["root", "user", "nested: the app may make mounts"];

/// What is left of a manifest. Names of the operator's own are gone, by which an address was known to be theirs;
/// the addresses themselves stand in their place.
pub(super) fn redacted(manifest: &Manifest, derived: &Derived, names: &Names) -> Manifest {
    let Manifest {
        format,
        tool,
        started,
        subject,
        host,
        profile,
        protocol,
        seed_sha256,
        net,
        guided,
        library,
        // Nobody needs them without the contents that they would be looked for in.
        planted: _,
    } = manifest;
    let profiles: Vec<&str> = stimulus::PROFILES.iter().map(|(name, ..)| *name).collect();
    let all = |list: &Vec<String>| list.iter().map(|text| names.name(text)).collect();
    let of_host = |(key, value): &(String, String)| {
        let value = match value.parse::<u32>() {
            Ok(number) => number.to_string(),
            Err(_) => names.known(value, HOST_WORDS),
        };
        (names.known(key, HOST), value)
    };
    Manifest {
        format: *format,
        tool: version(tool).unwrap_or_else(|| names.name(tool)),
        started: time(started).unwrap_or_else(|| names.name(started)),
        subject: subject_of(subject, names),
        host: host.iter().map(of_host).collect(),
        profile: names.known(profile, &profiles),
        protocol: protocol.clone(),
        seed_sha256: seed_sha256.clone(),
        planted: Vec::new(),
        net: net_of(net, derived, names),
        guided: guided.as_ref().map(|guided| {
            let Guided {
                status,
                outside,
                domains,
            } = guided;
            Guided {
                status: *status,
                outside: outside.as_deref().map(|outside| names.name(outside)),
                domains: all(domains),
            }
        }),
        library: library.as_ref().map(|library| {
            let Library {
                sha256,
                synthetic,
                labels,
            } = library;
            let label = |Label { name, sources }: &Label| Label {
                name: names.name(name),
                sources: *sources,
            };
            Library {
                sha256: names.hash(sha256),
                synthetic: *synthetic,
                labels: labels.iter().map(label).collect(),
            }
        }),
    }
}

fn subject_of(subject: &Subject, names: &Names) -> Subject {
    let Subject {
        recipe,
        recipe_sha256,
        title,
        binary,
        binary_sha256,
        version,
        packages,
        mute_way,
        called,
    } = subject;
    let word = |word: &Option<String>| word.as_ref().map(|word| names.name(word));
    let called = called.iter().map(|(language, called)| {
        let Called { title, mute_way } = called;
        let called = Called {
            title: word(title),
            mute_way: word(mute_way),
        };
        (names.name(language), called)
    });
    let package = |(name, version): &(String, String)| (names.name(name), names.name(version));
    Subject {
        recipe: names.name(recipe),
        recipe_sha256: names.hash(recipe_sha256),
        title: names.name(title),
        binary: names.name(binary),
        binary_sha256: names.hash(binary_sha256),
        version: names.name(version),
        packages: packages.iter().map(package).collect(),
        mute_way: names.name(mute_way),
        called: called.collect(),
    }
}

fn net_of(net: &Net, derived: &Derived, names: &Names) -> Net {
    let Net {
        app,
        remotes,
        domains,
    } = net;
    let remote = |remote: &Remote| {
        let Remote {
            address,
            port,
            role,
        } = remote;
        Remote {
            address: names.address(address),
            port: *port,
            role: *role,
        }
    };
    let mut remotes: Vec<Remote> = remotes.iter().map(remote).collect();
    let known: BTreeSet<String> = remotes.iter().map(|r| r.address.clone()).collect();
    let flows = derived.all().flat_map(|features| &features.flows);
    let own = flows.filter(|flow| flow.role == RemoteRole::Server);
    let own: BTreeSet<String> = own.map(|flow| flow.remote.ip().to_string()).collect();
    remotes.extend(own.difference(&known).map(|address| Remote {
        address: address.clone(),
        port: None,
        role: RemoteRole::Server,
    }));
    Net {
        app: app.iter().map(|address| names.address(address)).collect(),
        remotes,
        domains: domains.iter().map(|domain| names.name(domain)).collect(),
    }
}

/// `muteproof 0.0.0`.
fn version(tool: &str) -> Option<String> {
    let number = tool.strip_prefix("muteproof ")?;
    let digits = number.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    (digits && number.len() < 16).then(|| tool.to_owned())
}

/// A moment of RFC 3339: digits and the signs between them.
fn time(started: &str) -> Option<String> {
    let of_time = |b: u8| b.is_ascii_digit() || b"TZ:.+-".contains(&b);
    (started.len() < 40 && started.bytes().all(of_time)).then(|| started.to_owned())
}
