//! An AF_PACKET receive ring, version 3 (packet(7); the kernel's packet_mmap document).

use std::ffi::CString;
use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd};
use std::ptr;
use std::sync::atomic::{AtomicU32, Ordering};

/// Size of a ring.
#[derive(Debug, Clone, Copy)]
pub struct RingSize {
    /// Bytes of one block, a multiple of the page size.
    pub block_bytes: u32,
    /// Number of blocks.
    pub n_blocks: u32,
}

impl Default for RingSize {
    /// 16 MiB: 20,000 packets a second of 800 bytes for one second.
    fn default() -> RingSize {
        RingSize {
            block_bytes: 1 << 19,
            n_blocks: 32,
        }
    }
}

/// A block is handed over when it is full or this old, milliseconds.
const RETIRE_MS: u32 = 20;

/// Space for the largest frame and its header, as the kernel wants it stated.
const FRAME_BYTES: u32 = 1 << 16;

pub(crate) struct Ring {
    socket: OwnedFd,
    map: *mut u8,
    size: RingSize,
    /// The block that the kernel fills next.
    block: u32,
}

/// A socket for packets that takes none yet: packets need CAP_NET_RAW when it is made, and not again.
pub(crate) fn packet_socket() -> io::Result<OwnedFd> {
    // Protocol 0: nothing arrives before the ring is there to take it.
    // SAFETY: plain system call; the descriptor is owned at once.
    unsafe {
        let fd = libc::socket(libc::AF_PACKET, libc::SOCK_RAW | libc::SOCK_CLOEXEC, 0);
        match fd {
            ..0 => Err(io::Error::last_os_error()),
            fd => Ok(OwnedFd::from_raw_fd(fd)),
        }
    }
}

// SAFETY: the mapping belongs to this value alone, and no thread is tied to it.
unsafe impl Send for Ring {}

impl Ring {
    /// Opens a ring on `interface` of the calling thread's network namespace.
    pub fn open(interface: &str, size: RingSize) -> io::Result<Ring> {
        let ring = Ring::on(packet_socket()?, size)?;
        ring.bind(interface)?;
        Ok(ring)
    }

    /// A ring of a socket that is bound to nothing yet.
    pub fn on(socket: OwnedFd, size: RingSize) -> io::Result<Ring> {
        set(
            &socket,
            libc::PACKET_VERSION,
            &(libc::tpacket_versions::TPACKET_V3 as libc::c_int),
        )?;
        let request = libc::tpacket_req3 {
            tp_block_size: size.block_bytes,
            tp_block_nr: size.n_blocks,
            tp_frame_size: FRAME_BYTES,
            tp_frame_nr: size.block_bytes / FRAME_BYTES * size.n_blocks,
            tp_retire_blk_tov: RETIRE_MS,
            tp_sizeof_priv: 0,
            tp_feature_req_word: 0,
        };
        set(&socket, libc::PACKET_RX_RING, &request)?;
        let len = size.block_bytes as usize * size.n_blocks as usize;
        // SAFETY: a fresh shared mapping of the ring that was just made, `len` being its size.
        let map = unsafe {
            let flags = libc::PROT_READ | libc::PROT_WRITE;
            libc::mmap(
                ptr::null_mut(),
                len,
                flags,
                libc::MAP_SHARED,
                socket.as_raw_fd(),
                0,
            )
        };
        if map == libc::MAP_FAILED {
            return Err(io::Error::last_os_error());
        }
        Ok(Ring {
            socket,
            map: map.cast(),
            size,
            block: 0,
        })
    }

    /// From now on takes what arrives at and leaves by an interface, and nothing of any other.
    pub fn bind(&self, interface: &str) -> io::Result<()> {
        let name = CString::new(interface)?;
        // SAFETY: `name` is a C string; the address below is a plain structure of that size.
        let bound = unsafe {
            let index = libc::if_nametoindex(name.as_ptr());
            if index == 0 {
                return Err(io::Error::last_os_error());
            }
            let mut address: libc::sockaddr_ll = std::mem::zeroed();
            address.sll_family = libc::AF_PACKET as u16;
            address.sll_protocol = (libc::ETH_P_ALL as u16).to_be();
            address.sll_ifindex = index as i32;
            let len = size_of::<libc::sockaddr_ll>() as libc::socklen_t;
            libc::bind(self.socket.as_raw_fd(), (&raw const address).cast(), len)
        };
        match bound {
            0 => Ok(()),
            _ => Err(io::Error::last_os_error()),
        }
    }

    /// Hands out all packets of the blocks that the kernel has finished: wall time in nanoseconds,
    /// length on the wire, captured bytes.
    pub fn drain(&mut self, mut packet: impl FnMut(u64, u32, &[u8])) {
        for _ in 0..self.size.n_blocks {
            let offset = self.block as usize * self.size.block_bytes as usize;
            // SAFETY: `block` is below `n_blocks`, so the block lies inside the mapping; its
            // header is written by the kernel, which hands the block over by the status word
            // (acquire below) and leaves it alone until we give it back (release below).
            unsafe {
                let block = self.map.add(offset);
                let descriptor = block.cast::<libc::tpacket_block_desc>();
                let header = &raw mut (*descriptor).hdr.bh1;
                let status = AtomicU32::from_ptr(&raw mut (*header).block_status);
                if status.load(Ordering::Acquire) & libc::TP_STATUS_USER == 0 {
                    return;
                }
                let mut at = (*header).offset_to_first_pkt as usize;
                for _ in 0..(*header).num_pkts {
                    let frame = block.add(at).cast::<libc::tpacket3_hdr>().read_unaligned();
                    let data = std::slice::from_raw_parts(
                        block.add(at + frame.tp_mac as usize),
                        frame.tp_snaplen as usize,
                    );
                    let ns = u64::from(frame.tp_sec) * 1_000_000_000 + u64::from(frame.tp_nsec);
                    packet(ns, frame.tp_len, data);
                    at += frame.tp_next_offset as usize;
                }
                status.store(libc::TP_STATUS_KERNEL, Ordering::Release);
            }
            self.block = (self.block + 1) % self.size.n_blocks;
        }
    }

    /// Packets dropped since the last call.
    pub fn drops(&mut self) -> io::Result<u32> {
        // SAFETY: the option fills a structure of the stated size; reading resets the counters.
        unsafe {
            let mut stats: libc::tpacket_stats_v3 = std::mem::zeroed();
            let mut len = size_of_val(&stats) as libc::socklen_t;
            let done = libc::getsockopt(
                self.socket.as_raw_fd(),
                libc::SOL_PACKET,
                libc::PACKET_STATISTICS,
                (&raw mut stats).cast(),
                &mut len,
            );
            match done {
                0 => Ok(stats.tp_drops),
                _ => Err(io::Error::last_os_error()),
            }
        }
    }
}

impl Drop for Ring {
    fn drop(&mut self) {
        let len = self.size.block_bytes as usize * self.size.n_blocks as usize;
        // SAFETY: the mapping was made with this length and is used by nobody else.
        unsafe { libc::munmap(self.map.cast(), len) };
    }
}

fn set<V>(socket: &OwnedFd, option: libc::c_int, value: &V) -> io::Result<()> {
    // SAFETY: `value` is a plain structure of the size that is stated.
    let done = unsafe {
        libc::setsockopt(
            socket.as_raw_fd(),
            libc::SOL_PACKET,
            option,
            (&raw const *value).cast(),
            size_of::<V>() as libc::socklen_t,
        )
    };
    match done {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}
