//! The version that every JSON document of muteproof carries.

/// Version of the JSON documents. Fields are only ever added within one; readers should refuse a
/// higher one.
pub const SCHEMA: u32 = 1;
