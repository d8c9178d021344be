//! Audits of many programs and the pages made of them. The work is done by the crate `study`, so
//! that this one needs no dependency.

use crate::helper;
use crate::run::{Done, build, cargo, root, run};

/// Builds the programs, the helper where that is possible, and starts `what`.
pub fn study(what: &str, args: &[String]) -> Done {
    build()?;
    if let Err(why) = helper::build("release") {
        println!("without traced calls: {why}");
    }
    let mut command = cargo(&["run", "--release", "--quiet", "-p", "study", "--", what]);
    run(command.arg("--root").arg(root()).args(args))
}
