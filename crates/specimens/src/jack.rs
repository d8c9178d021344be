//! The microphone by JACK, which on the stage is PipeWire's own libjack.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::io;
use std::ptr::null;

use libloading::Library;

use crate::library::{Handle, function, load};

/// Where PipeWire's packages put it, and where the system's own lies.
const LIBRARIES: [&str; 2] = [
    "/usr/lib/x86_64-linux-gnu/pipewire-0.3/jack/libjack.so.0",
    "libjack.so.0",
];

/// `JACK_DEFAULT_AUDIO_TYPE`.
const AUDIO: &CStr = c"32 bit float mono audio";
/// `JackNoStartServer`, `JackPortIsInput`, `JackPortIsOutput`.
const NO_START: c_int = 1;
const INPUT: u64 = 1;
const OUTPUT: u64 = 2;

type GetBuffer = unsafe extern "C" fn(Handle, u32) -> Handle;

/// Takes what was heard.
pub type Heard = Box<dyn FnMut(&[f32]) + Send>;

/// What a cycle needs.
struct Cycle {
    port: Handle,
    buffer: GetBuffer,
    heard: Heard,
}

/// Reads by the names of a client and a port, until the process ends.
pub fn read(client_name: &CStr, port_name: &CStr, heard: Heard) -> io::Result<()> {
    let library = LIBRARIES.into_iter().map(load).find_map(Result::ok);
    let library: Library = library.ok_or_else(|| io::Error::other("there is no libjack"))?;
    let open = function!(
        library,
        "jack_client_open",
        fn(*const c_char, c_int, *mut c_int) -> Handle
    );
    let register = function!(
        library,
        "jack_port_register",
        fn(Handle, *const c_char, *const c_char, u64, u64) -> Handle
    );
    let on_cycle = function!(
        library,
        "jack_set_process_callback",
        fn(Handle, unsafe extern "C" fn(u32, *mut c_void) -> c_int, *mut c_void) -> c_int
    );
    let activate = function!(library, "jack_activate", fn(Handle) -> c_int);
    let ports = function!(
        library,
        "jack_get_ports",
        fn(Handle, *const c_char, *const c_char, u64) -> *const *const c_char
    );
    let name_of = function!(library, "jack_port_name", fn(Handle) -> *const c_char);
    let connect = function!(
        library,
        "jack_connect",
        fn(Handle, *const c_char, *const c_char) -> c_int
    );
    let buffer = function!(library, "jack_port_get_buffer", fn(Handle, u32) -> Handle);
    let mut status = 0;
    // SAFETY: names outlive the calls, and null is refused in between; client, port and what a cycle needs live
    // as long as the process.
    let joined = unsafe {
        let client = open(client_name.as_ptr(), NO_START, &mut status);
        if client.is_null() {
            return Err(io::Error::other(format!(
                "jack_client_open failed: {status:#x}"
            )));
        }
        let port = register(client, port_name.as_ptr(), AUDIO.as_ptr(), INPUT, 0);
        if port.is_null() {
            return Err(io::Error::other("jack_port_register failed"));
        }
        let cycle = Box::leak(Box::new(Cycle {
            port,
            buffer,
            heard,
        }));
        let begun = on_cycle(client, process, std::ptr::from_mut(cycle).cast()) == 0
            && activate(client) == 0;
        // The one source that an app sees is its microphone.
        let sources = ports(client, null(), AUDIO.as_ptr(), OUTPUT);
        begun
            && !sources.is_null()
            && !(*sources).is_null()
            && connect(client, *sources, name_of(port)) == 0
    };
    // Its thread goes on calling into it.
    std::mem::forget(library);
    match joined {
        true => Ok(()),
        false => Err(io::Error::other("there is nothing to hear by JACK")),
    }
}

/// One cycle: so many samples were heard.
unsafe extern "C" fn process(frames: u32, cycle: *mut c_void) -> c_int {
    // SAFETY: it is what `read` handed over and keeps for ever, and one thread calls.
    let cycle = unsafe { &mut *cycle.cast::<Cycle>() };
    // SAFETY: the port is open.
    let samples = unsafe { (cycle.buffer)(cycle.port, frames) };
    if !samples.is_null() {
        // SAFETY: a port of this type has so many floats in a cycle.
        let samples = unsafe { std::slice::from_raw_parts(samples.cast::<f32>(), frames as usize) };
        (cycle.heard)(samples);
    }
    0
}
