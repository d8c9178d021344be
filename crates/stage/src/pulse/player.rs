//! The player: one stream, always open, whose samples carry the gain.
//!
//! Between the phases it plays the quiet symbol. Starting and stopping a player, or a volume
//! changed at the server, would be seen by innocent apps (tried: in a fixed time the reads of
//! baresip changed from 516 to 806), so neither ever happens during a session.

use std::io;
use std::path::Path;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;

use pulse::protocol::{self, Command, Prop, Props};
use record::{Body, MonotonicNs, Phase, Player, Source};
use stimulus::Program;

use super::pace::Pace;
use super::{Connection, Message, RATE_HZ, bytes_of_ms, mono_f32, name};
use crate::clock::now;

/// What the player tells.
#[derive(Debug)]
pub enum PlayerEvent {
    /// The first sample of a phase was handed over at `t`; it is heard `latency_ns` later.
    Begin {
        /// When.
        t: MonotonicNs,
        /// Which phase.
        phase: Phase,
        /// Time until it is heard, as the server says, nanoseconds.
        latency_ns: u64,
    },
    /// So many samples of a phase were handed over; told every ten seconds.
    Played {
        /// When.
        t: MonotonicNs,
        /// Which phase.
        phase: Phase,
        /// How many.
        samples: u64,
    },
    /// The last sample of a phase was handed over.
    End {
        /// When.
        t: MonotonicNs,
        /// Which phase.
        phase: Phase,
    },
    /// The server ran out of our samples.
    Underrun {
        /// When.
        t: MonotonicNs,
        /// Samples of ours that were left out, so that later ones are heard in time.
        left_out: Option<u64>,
    },
    /// The player cannot go on.
    Ended {
        /// When.
        t: MonotonicNs,
        /// Why.
        why: String,
    },
}

impl PlayerEvent {
    /// The fact that it is; nothing for the player's own end.
    pub fn fact(self, player: Player) -> Option<(MonotonicNs, Source, Body)> {
        let source = Source::Player;
        match self {
            PlayerEvent::Begin {
                t,
                phase,
                latency_ns,
            } => {
                let body = Body::PhaseBegin {
                    phase,
                    player,
                    latency_ns,
                };
                Some((t, source, body))
            }
            PlayerEvent::Played { t, phase, samples } => {
                let body = Body::Played {
                    phase,
                    player,
                    samples,
                };
                Some((t, source, body))
            }
            PlayerEvent::End { t, phase } => Some((t, source, Body::PhaseEnd { phase, player })),
            PlayerEvent::Underrun { t, left_out } => {
                let source = match player {
                    Player::Mic => source,
                    Player::Sham => Source::Sham,
                };
                Some((t, source, Body::Underrun { samples: left_out }))
            }
            PlayerEvent::Ended { .. } => None,
        }
    }
}

/// Samples after which the player tells how far it is: ten seconds.
const TOLD_EVERY: u64 = 10 * RATE_HZ as u64;

/// Tells the player what to play next.
#[derive(Debug, Clone)]
pub struct PlayerControl {
    next: Sender<Next>,
    stream: u32,
}

#[derive(Debug, Clone, Copy)]
enum Next {
    Play(Phase),
    /// Nothing more of the phase that plays.
    Stop,
}

impl PlayerControl {
    /// The server's number for the player's stream.
    pub fn stream(&self) -> u32 {
        self.stream
    }

    /// Plays a whole phase, once, beginning with the next block of samples.
    pub fn play(&self, phase: Phase) {
        // A player that has ended says so by its own event.
        let _ = self.next.send(Next::Play(phase));
    }

    /// Ends the phase that plays, if one does.
    pub fn stop(&self) {
        let _ = self.next.send(Next::Stop);
    }
}

/// Starts the player into sink `sink` of the server at `socket`; it runs until the server ends.
pub fn start_player(
    socket: &Path,
    sink: &str,
    player: Player,
    program: Program,
    phase_samples: impl Fn(Phase) -> u64 + Send + 'static,
    events: impl Fn(Player, PlayerEvent) + Send + 'static,
) -> io::Result<PlayerControl> {
    let mut connection = Connection::open(socket)?;
    let (sample_spec, channel_map) = mono_f32();
    let mut props = Props::new();
    props.set(Prop::MediaName, c"stimulus");
    let reply: protocol::CreatePlaybackStreamReply = connection.ask(
        Command::CreatePlaybackStream(protocol::PlaybackStreamParams {
            sample_spec,
            channel_map,
            sink_name: Some(name(sink)),
            cvolume: Some(protocol::ChannelVolume::norm(1)),
            buffer_attr: protocol::stream::BufferAttr {
                max_length: bytes_of_ms(super::BUFFER_MS * 4),
                target_length: bytes_of_ms(super::BUFFER_MS),
                // One sample: a server that ran out then goes on with the next sample, as `Pace`
                // takes for granted. With none, PipeWire's would count the missing ones as played
                // and ask for them again, and everything would be heard early.
                pre_buffering: size_of::<f32>() as u32,
                minimum_request_length: bytes_of_ms(super::BUFFER_MS / 4),
                fragment_size: u32::MAX,
            },
            flags: protocol::stream::StreamFlags {
                adjust_latency: true,
                ..Default::default()
            },
            props,
            ..Default::default()
        }),
    )?;
    let (next, coming) = channel();
    let stream = reply.stream_index;
    thread::Builder::new()
        .name("player".into())
        .spawn(move || {
            let mut play = Play {
                program,
                phase_samples,
                coming,
                phase: None,
                samples: Vec::new(),
                pace: Pace::new(now(), RATE_HZ),
            };
            let emit = |event| events(player, event);
            let error = play.run(&mut connection, &reply, &emit);
            emit(PlayerEvent::Ended {
                t: now(),
                why: error.to_string(),
            });
        })?;
    Ok(PlayerControl { next, stream })
}

struct Play<F> {
    program: Program,
    phase_samples: F,
    coming: Receiver<Next>,
    /// The phase now playing and its next sample.
    phase: Option<(Phase, u64)>,
    samples: Vec<f32>,
    pace: Pace,
}

impl<F: Fn(Phase) -> u64> Play<F> {
    fn run(
        &mut self,
        connection: &mut Connection,
        stream: &protocol::CreatePlaybackStreamReply,
        emit: &impl Fn(PlayerEvent),
    ) -> io::Error {
        let mut wanted = stream.requested_bytes as usize;
        let mut latency_ns = u64::from(super::BUFFER_MS) * 2_000_000;
        let mut latency_asked = None;
        loop {
            if wanted > 0 {
                let bytes = self.fill(wanted / size_of::<f32>(), latency_ns, emit);
                if let Err(e) = connection.write_samples(stream.channel, &bytes) {
                    return e;
                }
                let left_out = self.pace.handed_over(now(), bytes.len() / size_of::<f32>());
                if left_out > 0 {
                    self.skip(left_out);
                    let left_out = Some(left_out);
                    emit(PlayerEvent::Underrun { t: now(), left_out });
                }
                wanted = 0;
                // Asked after every write, whatever is played: the work may not depend on the
                // coins.
                if latency_asked.is_none() {
                    let ask = protocol::LatencyParams {
                        channel: stream.channel,
                        now: std::time::SystemTime::now(),
                    };
                    match connection.send(Command::GetPlaybackLatency(ask)) {
                        Ok(seq) => latency_asked = Some(seq),
                        Err(e) => return e,
                    }
                }
            }
            match connection.read() {
                Ok(Message::Command {
                    command: Command::Request(request),
                    ..
                }) => {
                    wanted += request.length as usize;
                }
                Ok(Message::Command {
                    command: Command::Underflow(_),
                    ..
                }) => {
                    emit(PlayerEvent::Underrun {
                        t: now(),
                        left_out: None,
                    });
                }
                Ok(Message::Command { seq, command, rest }) if Some(seq) == latency_asked => {
                    latency_asked = None;
                    if let Ok(timing) =
                        connection.reply::<protocol::PlaybackLatency>(command, &rest)
                    {
                        let queued = (timing.write_offset - timing.read_offset).max(0) as u64
                            / size_of::<f32>() as u64;
                        latency_ns =
                            timing.sink_usec * 1000 + queued * 1_000_000_000 / u64::from(RATE_HZ);
                    }
                }
                Ok(Message::Command {
                    command: Command::PlaybackStreamKilled(_),
                    ..
                }) => {
                    return io::Error::other("somebody ended the player's stream");
                }
                Ok(_) => {}
                Err(e) => return e,
            }
        }
    }

    /// The next `n` samples as bytes: of the phase that plays, or of the quiet between phases.
    fn fill(&mut self, n: usize, latency_ns: u64, emit: &impl Fn(PlayerEvent)) -> Vec<u8> {
        self.samples.clear();
        self.samples.resize(n, 0.0);
        let mut done = 0;
        while done < n {
            match (self.coming.try_recv(), self.phase) {
                (Ok(Next::Play(phase)), _) => {
                    let ahead_ns = done as u64 * 1_000_000_000 / u64::from(RATE_HZ);
                    emit(PlayerEvent::Begin {
                        t: now(),
                        phase,
                        latency_ns: latency_ns + ahead_ns,
                    });
                    self.phase = Some((phase, 0));
                }
                (Ok(Next::Stop), Some((phase, _))) => {
                    emit(PlayerEvent::End { t: now(), phase });
                    self.phase = None;
                }
                (Ok(Next::Stop), None) | (Err(_), _) => {}
            }
            match self.phase {
                None => {
                    self.program.idle(&mut self.samples[done..]);
                    done = n;
                }
                Some((phase, at)) => {
                    let left = (self.phase_samples)(phase).saturating_sub(at);
                    let take = left.min((n - done) as u64) as usize;
                    self.program
                        .phase(phase, at, &mut self.samples[done..done + take]);
                    done += take;
                    let next = at + take as u64;
                    self.phase = Some((phase, next));
                    if at / TOLD_EVERY != next / TOLD_EVERY {
                        let (t, samples) = (now(), next);
                        emit(PlayerEvent::Played { t, phase, samples });
                    }
                    if take as u64 == left {
                        emit(PlayerEvent::End { t: now(), phase });
                        self.phase = None;
                    }
                }
            }
        }
        self.samples
            .iter()
            .flat_map(|sample| sample.to_le_bytes())
            .collect()
    }

    /// Leaves out samples of the phase that plays; its last one stays, so that it has an end.
    fn skip(&mut self, samples: u64) {
        if let Some((phase, at)) = self.phase {
            let last = (self.phase_samples)(phase).saturating_sub(1);
            self.phase = Some((phase, (at + samples).min(last)));
        }
    }
}
