//! Builds the BPF object with clang and makes its skeleton.

use std::env;
use std::path::PathBuf;

use libbpf_cargo::SkeletonBuilder;

fn main() {
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    let arch = env::var("CARGO_CFG_TARGET_ARCH").expect("cargo sets it");
    // Debian keeps <asm/types.h> where clang looks for it only when it builds for this machine.
    let multiarch = format!("-I/usr/include/{arch}-linux-gnu");
    let built = SkeletonBuilder::new()
        .source("src/bpf/calls.bpf.c")
        .clang_args(["-Wall", "-Werror", &multiarch])
        .build_and_generate(out.join("calls.skel.rs"));
    if let Err(e) = built {
        panic!("failed to build the BPF programs (clang is needed: `cargo xtask helper`): {e:#}");
    }
    println!("cargo:rerun-if-changed=src/bpf");
}
