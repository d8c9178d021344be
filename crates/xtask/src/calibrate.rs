//! The figures behind the statistics, made again. The work is done by the crate `calibrate`, so
//! that this one needs no dependency.

use crate::run::{Done, cargo, run};

/// Builds and runs it, with the options as they were given.
pub fn calibrate(args: &[String]) -> Done {
    let mut command = cargo(&["run", "--release", "--quiet", "-p", "calibrate", "--"]);
    run(command.args(args))
}
