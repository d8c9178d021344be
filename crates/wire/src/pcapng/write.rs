use super::*;

/// What the file says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Section {
    /// Program that captured.
    pub application: String,
    /// Operating system.
    pub os: String,
    /// Remarks, one option each.
    pub comments: Vec<String>,
}

/// Builds a capture file piece by piece; the caller takes the bytes and writes them where it likes.
#[derive(Debug)]
pub struct Writer {
    out: Vec<u8>,
    interfaces: u32,
}

impl Writer {
    /// Begins a file with its section header.
    pub fn new(section: &Section) -> Writer {
        let mut writer = Writer {
            out: Vec::new(),
            interfaces: 0,
        };
        writer.block(SECTION_HEADER, |out| {
            put_u32(out, BYTE_ORDER_MAGIC);
            out.extend_from_slice(&1u16.to_le_bytes());
            out.extend_from_slice(&0u16.to_le_bytes());
            // Section length: not known while it grows.
            out.extend_from_slice(&(-1i64).to_le_bytes());
            for comment in &section.comments {
                option(out, OPT_COMMENT, comment.as_bytes());
            }
            option(out, SHB_OS, section.os.as_bytes());
            option(out, SHB_USERAPPL, section.application.as_bytes());
            end_of_options(out);
        });
        writer
    }

    /// Describes an interface and returns its number. Stamps are nanoseconds (`if_tsresol` 9).
    /// `snaplen` is in bytes, 0 for no limit.
    pub fn interface(&mut self, name: &str, link_type: u16, snaplen: u32) -> u32 {
        self.block(INTERFACE_DESCRIPTION, |out| {
            out.extend_from_slice(&link_type.to_le_bytes());
            out.extend_from_slice(&[0, 0]);
            put_u32(out, snaplen);
            option(out, IF_NAME, name.as_bytes());
            option(out, IF_TSRESOL, &[9]);
            end_of_options(out);
        });
        self.interfaces += 1;
        self.interfaces - 1
    }

    /// Adds a packet: wall time in nanoseconds since 1970, length on the wire in bytes, and the
    /// bytes that were captured of it (at most [`PACKET_MAX_BYTES`] are kept).
    pub fn packet(&mut self, interface: u32, realtime_ns: u64, orig_len: u32, data: &[u8]) {
        let data = &data[..data.len().min(PACKET_MAX_BYTES)];
        self.block(ENHANCED_PACKET, |out| {
            put_u32(out, interface);
            put_time(out, realtime_ns);
            put_u32(out, data.len() as u32);
            put_u32(out, orig_len);
            put_padded(out, data);
        });
    }

    /// Adds what the kernel counted up to `realtime_ns`: packets that passed, and packets that
    /// were lost for want of room.
    pub fn statistics(&mut self, interface: u32, realtime_ns: u64, received: u64, dropped: u64) {
        self.block(INTERFACE_STATISTICS, |out| {
            put_u32(out, interface);
            put_time(out, realtime_ns);
            option(out, ISB_IFRECV, &received.to_le_bytes());
            option(out, ISB_OSDROP, &dropped.to_le_bytes());
            end_of_options(out);
        });
    }

    /// Adds lines of a TLS key log. Packets before it can be read with them as well as those behind.
    /// What is more than [`PACKET_MAX_BYTES`] is left out.
    pub fn tls_keys(&mut self, lines: &[u8]) {
        let lines = &lines[..lines.len().min(PACKET_MAX_BYTES)];
        self.block(DECRYPTION_SECRETS, |out| {
            put_u32(out, SECRETS_TLS);
            put_u32(out, lines.len() as u32);
            put_padded(out, lines);
        });
    }

    /// How many bytes wait to be taken.
    pub fn pending(&self) -> usize {
        self.out.len()
    }

    /// Takes the bytes made so far; always whole blocks.
    pub fn take(&mut self) -> Vec<u8> {
        std::mem::take(&mut self.out)
    }

    fn block(&mut self, kind: u32, body: impl FnOnce(&mut Vec<u8>)) {
        let start = self.out.len();
        put_u32(&mut self.out, kind);
        put_u32(&mut self.out, 0);
        body(&mut self.out);
        let len = (self.out.len() - start + 4) as u32;
        put_u32(&mut self.out, len);
        self.out[start + 4..start + 8].copy_from_slice(&len.to_le_bytes());
    }
}

/// Most bytes of one packet that [`Writer::packet`] keeps: no link layer here carries more, and the
/// block stays below what the reader believes. Likewise of a key log.
pub const PACKET_MAX_BYTES: usize = 1 << 20;

fn put_u32(out: &mut Vec<u8>, value: u32) {
    out.extend_from_slice(&value.to_le_bytes());
}

fn put_time(out: &mut Vec<u8>, ns: u64) {
    put_u32(out, (ns >> 32) as u32);
    put_u32(out, ns as u32);
}

fn put_padded(out: &mut Vec<u8>, bytes: &[u8]) {
    out.extend_from_slice(bytes);
    out.resize(out.len() + bytes.len().wrapping_neg() % 4, 0);
}

/// An option; a text longer than an option can hold is cut at a character.
fn option(out: &mut Vec<u8>, code: u16, value: &[u8]) {
    if value.is_empty() {
        return;
    }
    let mut len = value.len().min(usize::from(u16::MAX));
    while len < value.len() && value[len] & 0xC0 == 0x80 {
        len -= 1;
    }
    out.extend_from_slice(&code.to_le_bytes());
    out.extend_from_slice(&(len as u16).to_le_bytes());
    put_padded(out, &value[..len]);
}

fn end_of_options(out: &mut Vec<u8>) {
    out.extend_from_slice(&[0; 4]);
}
