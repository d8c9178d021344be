//! `cargo run --example conforms -- FILE...`: which rules of PDF/A-2a and PDF/UA-1 each file breaks.

#[path = "../tests/held/mod.rs"]
mod held;

use std::process::ExitCode;
use std::{env, fs};

fn main() -> ExitCode {
    let mut wrong = 0;
    for path in env::args().skip(1) {
        let broken = match fs::read(&path) {
            Ok(bytes) => held::broken(&bytes),
            Err(why) => vec![why.to_string()],
        };
        println!("{path}: {} failures", broken.len());
        for one in &broken {
            println!("  {one}");
        }
        wrong += broken.len();
    }
    ExitCode::from(u8::from(wrong > 0))
}
