//! Libraries that are loaded when they are needed, as plug-ins and browsers do: neither is named in
//! the program file, and building the specimens needs none of their headers.

use std::ffi::{CStr, c_char, c_int, c_void};
use std::io;
use std::net::TcpStream;
use std::os::fd::AsRawFd;
use std::ptr::{null, null_mut};

use libloading::Library;

/// A pointer that belongs to one of the libraries.
pub type Handle = *mut c_void;

pub fn load(name: &str) -> io::Result<Library> {
    // SAFETY: these are system libraries, whose initialisers may run at any time.
    unsafe { Library::new(name) }.map_err(|e| io::Error::other(format!("{name}: {e}")))
}

/// Looks a function up. The type is what its header says.
macro_rules! function {
    ($library:expr, $name:literal, fn($($arg:ty),* $(,)?) -> $out:ty) => {{
        // SAFETY: the signature is that of the library's public header, part of its stable interface.
        let found = unsafe {
            $library.get::<unsafe extern "C" fn($($arg),*) -> $out>($name.as_bytes())
        };
        *found.map_err(|e| io::Error::other(format!("{}: {e}", $name)))?
    }};
}
pub(crate) use function;

/// A TLS connection whose certificate nobody checks: a specimen talks to its own peer.
pub trait Tls {
    /// Sends all of it as application data.
    fn send(&mut self, bytes: &[u8]) -> io::Result<()>;
}

/// By OpenSSL 3.
pub struct OpenSsl {
    write: unsafe extern "C" fn(Handle, *const c_void, c_int) -> c_int,
    connection: Handle,
    _socket: TcpStream,
    _library: Library,
}

impl OpenSsl {
    pub fn connect(socket: TcpStream) -> io::Result<OpenSsl> {
        let library = load("libssl.so.3")?;
        let method = function!(library, "TLS_client_method", fn() -> *const c_void);
        let context_new = function!(library, "SSL_CTX_new", fn(*const c_void) -> Handle);
        let new = function!(library, "SSL_new", fn(Handle) -> Handle);
        let set_fd = function!(library, "SSL_set_fd", fn(Handle, c_int) -> c_int);
        let connect = function!(library, "SSL_connect", fn(Handle) -> c_int);
        let write = function!(
            library,
            "SSL_write",
            fn(Handle, *const c_void, c_int) -> c_int
        );
        // SAFETY: each handle comes from the call before, and null is refused in between; the
        // connection lives as long as the process.
        let connection = unsafe {
            let context = context_new(method());
            let connection = if context.is_null() {
                null_mut()
            } else {
                new(context)
            };
            let joined = !connection.is_null()
                && set_fd(connection, socket.as_raw_fd()) == 1
                && connect(connection) == 1;
            joined.then_some(connection)
        };
        Ok(OpenSsl {
            write,
            connection: connection.ok_or_else(|| io::Error::other("no TLS by OpenSSL"))?,
            _socket: socket,
            _library: library,
        })
    }
}

impl Tls for OpenSsl {
    fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        let len = c_int::try_from(bytes.len()).map_err(io::Error::other)?;
        // SAFETY: the connection is open, and `bytes` is as long as is said.
        match unsafe { (self.write)(self.connection, bytes.as_ptr().cast(), len) } {
            n if n == len => Ok(()),
            n => Err(io::Error::other(format!("SSL_write gave {n}"))),
        }
    }
}

/// By GnuTLS.
pub struct GnuTls {
    send: unsafe extern "C" fn(Handle, *const c_void, usize) -> isize,
    session: Handle,
    _socket: TcpStream,
    _library: Library,
}

impl GnuTls {
    pub fn connect(socket: TcpStream) -> io::Result<GnuTls> {
        const CLIENT: u32 = 2;
        const CERTIFICATES: c_int = 1;
        let library = load("libgnutls.so.30")?;
        let init = function!(library, "gnutls_init", fn(*mut Handle, u32) -> c_int);
        let credentials_new = function!(
            library,
            "gnutls_certificate_allocate_credentials",
            fn(*mut Handle) -> c_int
        );
        let credentials_set = function!(
            library,
            "gnutls_credentials_set",
            fn(Handle, c_int, Handle) -> c_int
        );
        let priority = function!(library, "gnutls_set_default_priority", fn(Handle) -> c_int);
        let set_fd = function!(
            library,
            "gnutls_transport_set_int2",
            fn(Handle, c_int, c_int) -> ()
        );
        let handshake = function!(library, "gnutls_handshake", fn(Handle) -> c_int);
        let send = function!(
            library,
            "gnutls_record_send",
            fn(Handle, *const c_void, usize) -> isize
        );
        let fd = socket.as_raw_fd();
        let (mut session, mut credentials) = (null_mut(), null_mut());
        // SAFETY: out pointers are valid, and each call runs only if those before it succeeded; the
        // session lives as long as the process.
        let joined = unsafe {
            init(&mut session, CLIENT) == 0
                && credentials_new(&mut credentials) == 0
                && credentials_set(session, CERTIFICATES, credentials) == 0
                && priority(session) == 0
                && {
                    set_fd(session, fd, fd);
                    handshake(session) == 0
                }
        };
        match joined {
            true => Ok(GnuTls {
                send,
                session,
                _socket: socket,
                _library: library,
            }),
            false => Err(io::Error::other("no TLS by GnuTLS")),
        }
    }
}

impl Tls for GnuTls {
    fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        // SAFETY: the session is open, and `bytes` is as long as is said.
        match unsafe { (self.send)(self.session, bytes.as_ptr().cast(), bytes.len()) } {
            n if n == bytes.len() as isize => Ok(()),
            n => Err(io::Error::other(format!("gnutls_record_send gave {n}"))),
        }
    }
}

/// `pa_sample_spec` of <pulse/sample.h>.
#[repr(C)]
struct SampleSpec {
    format: c_int,
    rate: u32,
    channels: u8,
}

/// The microphone by libpulse-simple.
pub struct SimpleReader {
    read: unsafe extern "C" fn(Handle, *mut c_void, usize, *mut c_int) -> c_int,
    stream: Handle,
    _library: Library,
}

// SAFETY: a stream may be used by any one thread at a time, and it has one owner.
unsafe impl Send for SimpleReader {}

impl SimpleReader {
    /// Opens the default source under these names of app and stream: one channel of floats.
    pub fn open(rate_hz: u32, app: &CStr, stream: &CStr) -> io::Result<SimpleReader> {
        const RECORD: c_int = 2;
        const FLOAT32LE: c_int = 5;
        let library = load("libpulse-simple.so.0")?;
        let new = function!(
            library,
            "pa_simple_new",
            fn(
                *const c_char,
                *const c_char,
                c_int,
                *const c_char,
                *const c_char,
                *const SampleSpec,
                *const c_void,
                *const c_void,
                *mut c_int,
            ) -> Handle
        );
        let read = function!(
            library,
            "pa_simple_read",
            fn(Handle, *mut c_void, usize, *mut c_int) -> c_int
        );
        let spec = SampleSpec {
            format: FLOAT32LE,
            rate: rate_hz,
            channels: 1,
        };
        let mut error = 0;
        // SAFETY: names and spec outlive the call; null asks for the default server, device and
        // buffers.
        let stream = unsafe {
            new(
                null(),
                app.as_ptr(),
                RECORD,
                null(),
                stream.as_ptr(),
                &spec,
                null(),
                null(),
                &mut error,
            )
        };
        match stream.is_null() {
            true => Err(io::Error::other(format!("pa_simple_new failed: {error}"))),
            false => Ok(SimpleReader {
                read,
                stream,
                _library: library,
            }),
        }
    }

    /// Fills `samples`; waits until that many were heard.
    pub fn read(&mut self, samples: &mut [f32]) -> io::Result<()> {
        let mut error = 0;
        let (to, bytes) = (samples.as_mut_ptr().cast(), size_of_val(samples));
        // SAFETY: the stream is open, and any bytes that are written into the slice are floats.
        match unsafe { (self.read)(self.stream, to, bytes, &mut error) } {
            0 => Ok(()),
            _ => Err(io::Error::other(format!("pa_simple_read failed: {error}"))),
        }
    }
}
