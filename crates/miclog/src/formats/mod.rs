//! One file for each log.

mod android_audio;
mod android_get;
mod android_ops;
mod consent_store;
mod privacy_report;
mod unified_log;

use crate::Format;

/// All logs that are read. The first whose look fits is taken.
pub const FORMATS: [Format; 6] = [
    privacy_report::FORMAT,
    unified_log::FORMAT,
    consent_store::FORMAT,
    android_audio::FORMAT,
    android_ops::FORMAT,
    android_get::FORMAT,
];
