//! Which functions are watched, and in which files they are looked for.

/// Which function a probe sits on: `enum call` of event.h, the probe's cookie.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u64)]
#[allow(missing_docs)]
pub enum Call {
    PulsePeek = 1,
    PulseDrop = 2,
    PulseCork = 3,
    PulseSimpleRead = 4,
    AlsaHwParams = 5,
    AlsaReadi = 6,
    AlsaReadn = 7,
    PipewireConnect = 8,
    PipewireDequeue = 9,
    PipewireActive = 10,
    JackRegister = 11,
    JackBuffer = 12,
    OpensslWrite = 13,
    OpensslWriteEx = 14,
    OpensslSetFd = 15,
    OpensslFree = 16,
    GnutlsSend = 17,
    NssWrite = 18,
    OpusEncode = 19,
    OpusEncodeFloat = 20,
    SrtpProtect = 21,
    PulseNew = 22,
    PulseSimpleNew = 23,
    GnutlsFree = 24,
    NssClose = 25,
}

/// Where a function is watched.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    /// At its entry alone.
    Entry,
    /// At its entry and at its return.
    Both,
}

/// The functions. Those that call each other inside a library share a [`Call`]: only the outer one
/// is handed over.
pub const FUNCTIONS: [(&str, Call, At); 31] = [
    ("pa_stream_new", Call::PulseNew, At::Both),
    ("pa_stream_new_with_proplist", Call::PulseNew, At::Both),
    ("pa_simple_new", Call::PulseSimpleNew, At::Both),
    ("pa_stream_peek", Call::PulsePeek, At::Both),
    ("pa_stream_drop", Call::PulseDrop, At::Entry),
    ("pa_stream_cork", Call::PulseCork, At::Entry),
    ("pa_simple_read", Call::PulseSimpleRead, At::Both),
    ("snd_pcm_hw_params", Call::AlsaHwParams, At::Both),
    ("snd_pcm_readi", Call::AlsaReadi, At::Both),
    ("snd_pcm_mmap_readi", Call::AlsaReadi, At::Both),
    ("snd_pcm_readn", Call::AlsaReadn, At::Both),
    ("snd_pcm_mmap_readn", Call::AlsaReadn, At::Both),
    ("pw_stream_connect", Call::PipewireConnect, At::Entry),
    ("pw_stream_dequeue_buffer", Call::PipewireDequeue, At::Both),
    ("pw_stream_set_active", Call::PipewireActive, At::Entry),
    ("jack_port_register", Call::JackRegister, At::Both),
    ("jack_port_get_buffer", Call::JackBuffer, At::Both),
    ("SSL_write", Call::OpensslWrite, At::Both),
    ("SSL_write_ex", Call::OpensslWriteEx, At::Both),
    ("SSL_set_fd", Call::OpensslSetFd, At::Entry),
    ("SSL_set_wfd", Call::OpensslSetFd, At::Entry),
    ("SSL_free", Call::OpensslFree, At::Entry),
    ("gnutls_record_send", Call::GnutlsSend, At::Both),
    ("gnutls_record_send2", Call::GnutlsSend, At::Both),
    ("gnutls_deinit", Call::GnutlsFree, At::Entry),
    ("PR_Close", Call::NssClose, At::Entry),
    ("PR_Write", Call::NssWrite, At::Both),
    ("PR_Send", Call::NssWrite, At::Both),
    ("opus_encode", Call::OpusEncode, At::Entry),
    ("opus_encode_float", Call::OpusEncodeFloat, At::Entry),
    ("srtp_protect", Call::SrtpProtect, At::Entry),
];

/// Stems of the libraries that hold them: `libssl.so.3`, and as bundled `libssl-1a2b3c.so.3`.
///
/// libsrtp 3 is left out: its `srtp_protect` takes other arguments.
const LIBRARIES: [&str; 11] = [
    "libpulse",
    "libpulse-simple",
    "libasound",
    "libpipewire-0.3",
    "libjack",
    "libssl",
    "libgnutls",
    "libnspr4",
    "libopus",
    "libsrtp2",
    "libsrtp",
];

/// Whether a file of this name is looked into.
pub fn is_library(name: &str) -> bool {
    LIBRARIES.iter().any(|stem| {
        let rest = name.strip_prefix(stem);
        rest.is_some_and(|rest| {
            let bundled = rest
                .strip_prefix('-')
                .and_then(|rest| rest.split_once(".so"));
            let hash = |hash: &str| hash.bytes().all(|b| b.is_ascii_hexdigit());
            rest.starts_with(".so") || bundled.is_some_and(|(between, _)| hash(between))
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The numbers are those of the header, every one.
    #[test]
    fn numbers_are_those_of_the_header() {
        let header = include_str!("bpf/event.h");
        let body = header.split("enum call {").nth(1).unwrap();
        let of_header: Vec<(String, u64)> = body
            .lines()
            .skip(1)
            .take_while(|line| !line.contains('}'))
            .map(|line| {
                let (name, number) = line.trim().trim_end_matches(',').split_once(" = ").unwrap();
                let name = name.strip_prefix("CALL_").unwrap();
                (
                    name.replace('_', "").to_lowercase(),
                    number.parse().unwrap(),
                )
            })
            .collect();
        for (name, number) in &of_header {
            let ours = FUNCTIONS
                .iter()
                .find(|(_, call, _)| *call as u64 == *number);
            let (_, call, _) = ours.unwrap_or_else(|| panic!("{name} is watched nowhere"));
            assert_eq!(format!("{call:?}").to_lowercase(), *name);
        }
        assert!(
            FUNCTIONS.iter().all(|(_, call, _)| {
                of_header.iter().any(|(_, number)| *call as u64 == *number)
            })
        );
    }

    #[test]
    fn libraries_are_told_by_name() {
        for name in [
            "libssl.so",
            "libssl.so.3",
            "libssl-3a880ada.so.1.1",
            "libpulse-simple.so.0",
        ] {
            assert!(is_library(name), "{name}");
        }
        for name in [
            "libssl.a",
            "libsslx.so",
            "libasound_module_pcm_pulse.so",
            "libgnutls-openssl.so.27",
            "libsrtp3.so.1",
        ] {
            assert!(!is_library(name), "{name}");
        }
    }
}
