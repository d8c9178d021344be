//! The recipes are compiled in: a changed recipe makes a new program.

fn main() {
    println!("cargo::rerun-if-changed=../../recipes");
}
