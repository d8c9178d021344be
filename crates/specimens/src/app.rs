//! What every specimen shares: joining, standard input, one frame every 20 ms.

use std::io::{self, BufRead, Write};
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream, UdpSocket};
use std::sync::atomic::Ordering;
use std::sync::mpsc::{Receiver, TryRecvError, channel};
use std::thread;
use std::time::{Duration, Instant};

use crate::attention::Desk;
use crate::collect::{self, How};
use crate::flood;
use crate::kinds::{Kind, Notice};
use crate::launcher;
use crate::library::{GnuTls, OpenSsl, Tls};
use crate::snoop;
use crate::sound::{By, Microphone};
use crate::start::{self, Telling, Trust};

/// Time of a frame.
const TICK: Duration = Duration::from_millis(20);

/// Where the telemetry's server listens, beside the call.
pub const TELEMETRY_PORT: u16 = 5443;

/// When the one that collects tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum When {
    /// At its start.
    Start,
    /// When it is muted for the first time, and not before.
    Mute,
}

/// How the specimens differ that have more than a kind.
#[derive(Debug, clap::Args)]
pub struct Manner {
    /// Seconds between two posts of the telemetry.
    #[arg(long, default_value_t = 60.0)]
    period: f64,
    /// How the one that lies about who it is records.
    #[arg(long, value_enum, default_value_t = By::Protocol)]
    by: By,
    /// How the one that collects tells.
    #[arg(long, value_enum, default_value_t = How::Clear)]
    how: How,
    /// When it does.
    #[arg(long, value_enum, default_value_t = When::Start)]
    when: When,
    /// Says `voice on` and `voice off` while muted, for a window that tells whoever speaks that they are.
    #[arg(long)]
    notice: bool,
}

/// Tells in the background.
fn tell(trust: Trust, telling: fn(How) -> Telling, how: How) {
    thread::spawn(move || {
        if let Err(e) = start::tell(trust, &telling(how)) {
            eprintln!("nobody could be told: {e}");
        }
    });
}

/// A socket of the family of an address.
pub fn datagrams(to: SocketAddr) -> io::Result<UdpSocket> {
    match to {
        SocketAddr::V4(_) => UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0)),
        SocketAddr::V6(_) => UdpSocket::bind((Ipv6Addr::UNSPECIFIED, 0)),
    }
}

pub fn run(kind: Kind, to: SocketAddr, manner: Manner) -> io::Result<()> {
    let Manner {
        period: period_s,
        by,
        how,
        when,
        notice,
    } = manner;
    let mut notice = notice.then(Notice::default);
    if let Some(trust) = kind.tells_at_start() {
        tell(trust, |_| start::report(), how);
    }
    // What is told at the first mute, once.
    let mut untold = kind == Kind::Collector;
    if untold && when == When::Start {
        tell(Trust::System, collect::telling, how);
        untold = false;
    }
    let socket = datagrams(to)?;
    socket.connect(to)?;
    let reports = datagrams(to)?;
    join(&socket)?;
    let mut posts = match kind.posts() {
        true => Some(connect(to)?),
        false => None,
    };
    let mut desk = kind.tells_of_desk().map(Desk::open).transpose()?;
    let mut telemetry = match kind.posts_over_tls() {
        true => Some(tls(kind, to)?),
        false => None,
    };
    let mut microphone = Microphone::new(kind.application_id(), kind.reads_by_library())?;
    microphone.open()?;
    match kind {
        Kind::LeftoverServer => launcher::leave_behind()?,
        Kind::TidyServer => launcher::serve_beside()?,
        _ => {}
    }
    println!("joined");
    let lines = lines();
    let mut sender = kind.sender(period_s);
    let mut muted = false;
    let (mut sent, mut changed) = (None, 0);
    let mut next = Instant::now();
    loop {
        loop {
            match lines.try_recv() {
                Ok(line) => match line.as_str() {
                    "mute" | "unmute" if kind == Kind::DeafMute => {}
                    "mute" | "unmute" => {
                        muted = line == "mute";
                        if std::mem::take(&mut untold) {
                            tell(Trust::System, collect::telling, how);
                        }
                        match (kind.closes_microphone(), muted) {
                            (true, true) => microphone.close()?,
                            (_, false) => microphone.open()?,
                            _ => {}
                        }
                        match kind {
                            Kind::Liar if muted => microphone.read_as_the_stage_does(by)?,
                            Kind::Flood | Kind::Restless if muted => {
                                sent = Some(flood::begin(to)?);
                            }
                            _ => {}
                        }
                        if kind == Kind::UnmuteBurst && !muted {
                            for payload in sender.unmuted() {
                                let _ = socket.send(&payload);
                            }
                        }
                        if kind == Kind::Snoop && muted {
                            thread::spawn(|| snoop::snoop(&[]));
                        }
                    }
                    "status" => println!("muted {}", if muted { "yes" } else { "no" }),
                    "quit" => {
                        if let Some(sent) = &sent {
                            let sent = sent.load(Ordering::Relaxed);
                            println!("sent {sent}, changed {changed} times");
                        }
                        return Ok(());
                    }
                    other => eprintln!("what is {other:?}?"),
                },
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Disconnected) => return Ok(()),
            }
        }
        let frame = microphone.frame();
        if let Some(notice) = notice.as_mut().filter(|_| muted)
            && let Some(on) = notice.changes(&frame)
        {
            println!("voice {}", if on { "on" } else { "off" });
        }
        if let Some(payload) = sender.payload(&frame, muted) {
            // A peer that has gone is not this app's end.
            let _ = socket.send(&payload);
        }
        if let Some(posts) = &mut posts
            && let Some(post) = match &mut desk {
                None => sender.post(&frame),
                Some(desk) if sender.is_second() => Some(desk.post()?),
                Some(_) => None,
            }
        {
            let _ = posts.write_all(&post);
        }
        if let Some(telemetry) = &mut telemetry
            && let Some(request) = sender.post_gains(&frame)
        {
            let _ = telemetry.send(&request);
        }
        if let Some(report) = sender.report(&frame) {
            // Nobody needs to listen there.
            let _ = reports.send_to(&report, (to.ip(), TELEMETRY_PORT));
        }
        if kind == Kind::Crasher && muted && sender.frames_muted() > 250 {
            std::process::abort();
        }
        next += TICK;
        if kind == Kind::Restless && muted {
            changed += microphone.changes(next)?;
        }
        thread::sleep(next.saturating_duration_since(Instant::now()));
    }
}

/// The telemetry's connection; answers stay where they are.
fn tls(kind: Kind, to: SocketAddr) -> io::Result<Box<dyn Tls>> {
    let socket = TcpStream::connect((to.ip(), TELEMETRY_PORT))?;
    socket.set_nodelay(true)?;
    Ok(match kind {
        Kind::MinuteTelemetryGnutls => Box::new(GnuTls::connect(socket)?),
        _ => Box::new(OpenSsl::connect(socket)?),
    })
}

/// The connection for posts; answers are read and dropped.
fn connect(to: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(to)?;
    stream.set_nodelay(true)?;
    let mut answers = stream.try_clone()?;
    thread::spawn(move || io::copy(&mut answers, &mut io::sink()));
    Ok(stream)
}

/// Says hello until the other end answers.
fn join(socket: &UdpSocket) -> io::Result<()> {
    socket.set_read_timeout(Some(Duration::from_millis(500)))?;
    let mut answer = [0u8; 64];
    loop {
        // A port that is not open yet refuses the next send; that is no reason to give up.
        let _ = socket.send(b"hello");
        if let Ok(n) = socket.recv(&mut answer)
            && &answer[..n] == b"welcome"
        {
            return Ok(());
        }
        thread::sleep(Duration::from_millis(50));
    }
}

fn lines() -> Receiver<String> {
    let (send, receive) = channel();
    thread::spawn(move || {
        for line in io::stdin().lock().lines().map_while(Result::ok) {
            if send.send(line.trim().to_owned()).is_err() {
                return;
            }
        }
    });
    receive
}
