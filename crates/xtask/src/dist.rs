//! What is handed out: a Debian package, an archive for other systems, the list of what is in them, and sums.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::run::{Done, cargo, option, root, run, said};
use crate::sbom::{Contents, Model, TREE};
use crate::setup::{install, manager};
use crate::{clean_root, helper};

/// The version of everything here.
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Cargo's profile for what is handed out.
pub const PROFILE: &str = "dist";

/// A program that is larger has got its line tables back: with them it has 122 MB.
const LARGEST_MB: f64 = 40.0;

/// What a Debian package is made and judged with: a program that shows that it is there, and its package.
const FOR_DEBIAN: [[&str; 2]; 4] = [
    ["dh", "debhelper"],
    ["po2debconf", "po-debconf"],
    ["dpkg-shlibdeps", "dpkg-dev"],
    ["lintian", "lintian"],
];

/// Addresses that are mended as a program is loaded lie as a bitmap (RELR) instead of 24 bytes each: two megabytes
/// of a program with as many tables. glibc reads that since 2.36, which Debian 12 has.
const LINKED: &str = "-Clink-arg=-Wl,-z,pack-relative-relocs";

/// Documents that go with the programs.
const DOCS: [&str; 5] = [
    "README.md",
    "CHANGELOG.md",
    "docs/mic.md",
    "docs/security.md",
    "docs/tracing.md",
];

/// `cargo xtask dist [--try RELEASE,…]`
pub fn dist(args: &[String]) -> Done {
    let releases: Vec<&str> = option(args, "--try")
        .map(|given| given.split(',').collect())
        .unwrap_or_default();
    build()?;
    let out = built().join("packages");
    fresh(&out)?;
    let staged = stage()?;
    let mut made = vec![archive(&staged, &out)?];
    let deb = match manager() {
        Some(0) => Some(debian(&staged, &out)?),
        _ => {
            println!("No Debian package: that is made where apt is.");
            None
        }
    };
    made.extend(deb.clone());
    let list = out.join(SBOM);
    copy(&staged.join("docs").join(SBOM), &list)?;
    made.push(list);
    sums(&made, &out)?;
    for file in &made {
        println!("{:6.1} MB  {}", megabytes(file)?, file.display());
    }
    for release in releases {
        let deb = deb.as_deref().ok_or("there is no package to be tried")?;
        clean_root::try_package(release, deb)?;
    }
    Ok(())
}

/// The list of what the programs are made of.
const SBOM: &str = "sbom.cdx.json";

/// Where the programs are built.
fn built() -> PathBuf {
    crate::run::target().join(PROFILE)
}

/// The programs that are handed out.
const PROGRAMS: [&str; 3] = ["muteproof", "muteproof-specimen", "muteproof-helper"];

fn build() -> Done {
    println!("Building what is handed out: optimised as a whole, which takes its time …");
    let mut build = cargo(&["build", "--locked", "--quiet", "--profile", PROFILE]);
    build.args(["-p", "cli", "-p", "specimens"]);
    run(build.env("RUSTFLAGS", LINKED))?;
    helper::build(PROFILE)?;
    for program in PROGRAMS {
        let size = megabytes(&built().join(program))?;
        println!("{size:6.1} MB  {program}");
        if size > LARGEST_MB {
            return Err(format!("{program} is larger than {LARGEST_MB} MB"));
        }
    }
    Ok(())
}

/// Lays everything that is handed out into one folder.
fn stage() -> Result<PathBuf, String> {
    let staged = built().join("staged").join(format!("muteproof-{VERSION}"));
    fresh(&staged)?;
    for program in PROGRAMS {
        copy(
            &built().join(program),
            &staged.join("programs").join(program),
        )?;
    }
    let muteproof = built().join("muteproof");
    let prints = [
        ("man/muteproof.1", &["man"][..]),
        ("completions/muteproof", &["completions", "bash"]),
        ("completions/_muteproof", &["completions", "zsh"]),
        ("completions/muteproof.fish", &["completions", "fish"]),
    ];
    for (file, args) in prints {
        let text = said(Command::new(&muteproof).args(args))?;
        write(&staged.join(file), &text)?;
    }
    for doc in DOCS {
        let name = Path::new(doc).file_name().unwrap_or_default();
        copy(&root().join(doc), &staged.join("docs").join(name))?;
    }
    write(&staged.join("docs").join(SBOM), &contents()?.json(VERSION))?;
    for folder in ["desktop", "debian"] {
        let from = root().join("packaging").join(folder);
        run(Command::new("cp").arg("-r").arg(from).arg(&staged))?;
    }
    Ok(staged)
}

fn contents() -> Result<Contents, String> {
    let mut contents = Contents::default();
    let workspaces = [
        (root(), &["cli", "specimens"][..]),
        (root().join("bpf"), &["helper"]),
    ];
    for (workspace, crates) in workspaces {
        let mut tree = cargo(&TREE);
        tree.current_dir(&workspace);
        for name in crates {
            tree.args(["-p", name]);
        }
        let lock = workspace.join("Cargo.lock");
        let lock = fs::read_to_string(&lock).map_err(|e| format!("{}: {e}", lock.display()))?;
        contents.add(&said(&mut tree)?, &lock)?;
    }
    for (file, licence) in [("campplus", "Apache-2.0"), ("silero-vad", "MIT")] {
        let file = format!("{file}.safetensors");
        let path = root().join("crates/voices/models").join(&file);
        let sum = said(Command::new("sha256sum").arg(path))?;
        contents.model(Model {
            name: file,
            licence: licence.to_owned(),
            sha256: sum.split(' ').next().unwrap_or_default().to_owned(),
        });
    }
    Ok(contents)
}

/// An archive for systems without a package of ours: unpacked anywhere, it runs from there.
fn archive(staged: &Path, out: &Path) -> Result<PathBuf, String> {
    let name = format!("muteproof-{VERSION}-{}-linux", std::env::consts::ARCH);
    let folder = built().join("staged").join(&name);
    fresh(&folder)?;
    for part in ["programs/.", "man", "completions", "docs", "desktop"] {
        run(Command::new("cp")
            .arg("-r")
            .arg(staged.join(part))
            .arg(&folder))?;
    }
    for licence in [
        "LICENSE-MIT",
        "LICENSE-APACHE",
        "bpf/LICENSE-GPL-2.0",
        "bpf/LICENSE-BSD-2-Clause",
        "crates/parties/knowledge/LICENSE-third-party-web.txt",
    ] {
        run(Command::new("cp").arg(root().join(licence)).arg(&folder))?;
    }
    copy(&staged.join("debian/copyright"), &folder.join("COPYRIGHT"))?;
    let file = out.join(format!("{name}.tar.gz"));
    // The same bytes from the same files, whoever packs them and when.
    let when = said(
        Command::new("git")
            .args(["log", "-1", "--format=%ct"])
            .current_dir(root()),
    );
    let when = when.map_or("0".to_owned(), |when| when.trim().to_owned());
    let mut tar = Command::new("tar");
    tar.args([
        "--sort=name",
        "--owner=0",
        "--group=0",
        "--numeric-owner",
        "--use-compress-program=gzip -n",
    ]);
    tar.arg(format!("--mtime=@{when}")).arg("-cf").arg(&file);
    run(tar.arg("-C").arg(built().join("staged")).arg(&name))?;
    Ok(file)
}

/// The package, and lintian's word on it.
fn debian(staged: &Path, out: &Path) -> Result<PathBuf, String> {
    let there = |program: &str| said(Command::new("which").arg(program)).is_ok();
    let missing = FOR_DEBIAN.iter().filter(|[program, _]| !there(program));
    let missing: Vec<&str> = missing.map(|[_, package]| *package).collect();
    if !missing.is_empty() {
        println!(
            "To make a package and have it judged, these are missing: {}.",
            missing.join(", ")
        );
        install(&missing)?;
    }
    let log = built().join("staged/dpkg-buildpackage.txt");
    // Nothing is compiled here: without the last, it asks for a compiler of C++, which `build-essential` has.
    let made = Command::new("dpkg-buildpackage")
        .args(["--build=binary", "--no-sign", "--no-check-builddeps"])
        .current_dir(staged)
        .output()
        .map_err(|e| format!("dpkg-buildpackage: {e}"))?;
    write(
        &log,
        &String::from_utf8_lossy(&[made.stdout, made.stderr].concat()),
    )?;
    if !made.status.success() {
        let said = fs::read_to_string(&log).unwrap_or_default();
        let last: Vec<&str> = said.lines().rev().take(10).collect();
        let last: Vec<&str> = last.into_iter().rev().collect();
        return Err(format!(
            "dpkg-buildpackage failed; all of it is in {}:\n{}",
            log.display(),
            last.join("\n")
        ));
    }
    let architecture = said(Command::new("dpkg").arg("--print-architecture"))?;
    let name = format!("muteproof_{VERSION}_{}.deb", architecture.trim());
    let beside = staged.parent().unwrap_or(staged);
    let deb = out.join(&name);
    copy(&beside.join(&name), &deb)?;
    println!("Asking lintian …");
    run(Command::new("lintian")
        .args([
            "--allow-root",
            "--fail-on",
            "error,warning",
            "--display-info",
        ])
        .arg(&deb))?;
    Ok(deb)
}

/// `SHA256SUMS`, as sha256sum itself reads it.
fn sums(files: &[PathBuf], out: &Path) -> Done {
    let names = files.iter().filter_map(|file| file.file_name());
    let mut sum = Command::new("sha256sum");
    sum.args(names).current_dir(out);
    write(&out.join("SHA256SUMS"), &said(&mut sum)?)
}

fn megabytes(file: &Path) -> Result<f64, String> {
    let size = fs::metadata(file)
        .map_err(|e| format!("{}: {e}", file.display()))?
        .len();
    Ok(size as f64 / 1e6)
}

/// An empty folder, whatever was there.
fn fresh(folder: &Path) -> Done {
    let _ = fs::remove_dir_all(folder);
    fs::create_dir_all(folder).map_err(|e| format!("{}: {e}", folder.display()))
}

fn write(file: &Path, text: &str) -> Done {
    let parent = file.parent().unwrap_or(file);
    fs::create_dir_all(parent).map_err(|e| format!("{}: {e}", parent.display()))?;
    fs::write(file, text).map_err(|e| format!("{}: {e}", file.display()))
}

fn copy(from: &Path, to: &Path) -> Done {
    let parent = to.parent().unwrap_or(to);
    fs::create_dir_all(parent).map_err(|e| format!("{}: {e}", parent.display()))?;
    fs::copy(from, to)
        .map(drop)
        .map_err(|e| format!("{}: {e}", from.display()))
}
