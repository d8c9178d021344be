//! Where the audited app plays: namespaces, sound servers, display, children, recipe steps.
//!
//! The stage knows nothing of statistics, packets or verdicts. It needs no root, touches neither
//! the person's sound session nor files nor display (but where a person is to see the app), and dies as a whole with its first process.

pub mod browser;
pub mod bus;
pub mod clock;
pub mod display;
mod error;
mod etc;
pub mod install;
mod installed;
pub mod manager;
mod named;
pub mod net;
pub mod ns;
pub mod nss;
pub mod os_path;
pub mod outside;
mod own;
pub mod pipewire;
pub mod program;
pub mod pulse;
pub mod screen;
pub mod seccomp;
pub mod side;
pub mod snapshot;
pub mod sound;
pub mod steps;
mod sysfs;
pub mod system_bus;
mod terminal;
pub mod trust;
pub mod user;
pub mod watched;
pub mod windows;

pub use error::NsError;
pub use etc::{Identity, ZONES};
pub use installed::{Installed, PROGRAMS};
pub use own::Own;
pub use side::{Side, SideSpec};
pub use sound::SoundServer;
pub use steps::Sides;
