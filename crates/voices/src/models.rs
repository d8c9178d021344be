//! The models that lie in the repository; `models/NOTICE.md` says whose they are.

/// CAM++, its big matrices in int8.
pub const CAMPPLUS: &[u8] = include_bytes!("../models/campplus.safetensors");
/// Silero's voice activity detector, version 6, for 16 kHz.
pub const SILERO: &[u8] = include_bytes!("../models/silero-vad.safetensors");
