//! Runs recipe steps: general kinds, nothing about any app.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::path::PathBuf;
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use recipe::{Action, Asking, DbusArg, DbusCall, On, Protocol, Step, Vars};
use zbus::blocking::Connection;
use zbus::zvariant::{StructureBuilder, Value};

use crate::browser::Page;
use crate::named::Named;
use crate::program::{NoLine, Program};
use crate::side::{SIDE_UID, Side};

/// Told when a program of the recipe ends: (its name, how).
pub type OnEnd = Box<dyn Fn(String, String) + Send + Sync>;

/// What a page is asked.
struct Asked<'a> {
    protocol: Protocol,
    at: &'a str,
    js: &'a str,
    until: Option<&'a str>,
    frames: bool,
}

/// Both sides, the programs that run there, and the values of the recipe's variables.
pub struct Sides {
    app: Side,
    peer: Side,
    pub(crate) programs: BTreeMap<String, Program>,
    buses: BTreeMap<String, Connection>,
    /// Pages of browsers, by side and port.
    pages: BTreeMap<(String, String), Page>,
    pub(crate) named: Named,
    last_answer: String,
    vars: Vars,
    logs: PathBuf,
    on_end: std::sync::Arc<OnEnd>,
}

/// How often files, ports and windows are looked for while a step waits for them.
const POLL: Duration = Duration::from_millis(50);

impl Sides {
    /// Takes both sides; logs of programs go to folder `logs`.
    pub fn new(app: Side, peer: Side, vars: Vars, logs: PathBuf, on_end: OnEnd) -> Sides {
        let on_end = std::sync::Arc::new(on_end);
        Sides {
            app,
            peer,
            programs: BTreeMap::new(),
            buses: BTreeMap::new(),
            pages: BTreeMap::new(),
            named: Named::default(),
            last_answer: String::new(),
            vars,
            logs,
            on_end,
        }
    }

    /// Ends both sides with all that runs there.
    pub fn close(self) {
        for program in self.programs.values() {
            program.close_log();
        }
    }

    /// The side that a step is on.
    pub fn side(&self, on: On) -> &Side {
        match on {
            On::App => &self.app,
            On::Peer => &self.peer,
        }
    }

    /// Likewise, to change.
    pub fn side_mut(&mut self, on: On) -> &mut Side {
        match on {
            On::App => &mut self.app,
            On::Peer => &mut self.peer,
        }
    }

    /// How the program `name` ended, if it did.
    pub fn ended(&self, name: &str) -> Option<String> {
        self.programs.get(name).and_then(Program::ended)
    }

    /// The stage's processes that wait for the recipe's programs, but for the one of this name.
    pub fn others_than(&self, name: &str) -> Vec<i32> {
        let others = self.programs.iter().filter(|(other, _)| *other != name);
        others.map(|(_, program)| program.pid()).collect()
    }

    /// Replaces `${name}` by the variable's value.
    pub fn fill(&self, text: &str) -> Result<String, String> {
        self.vars.fill(text).map_err(|e| e.to_string())
    }

    fn fill_all(&self, texts: &[String]) -> Result<Vec<String>, String> {
        texts.iter().map(|text| self.fill(text)).collect()
    }

    /// Starts a program on a side under a name.
    pub fn start(&mut self, on: On, name: &str, argv: &[String]) -> Result<(), String> {
        self.begin(on, name, argv, false)
    }

    /// Starts a program, on a terminal or without one.
    fn begin(&mut self, on: On, name: &str, argv: &[String], terminal: bool) -> Result<(), String> {
        let command = self.side(on).command(argv);
        let log = self.logs.join(format!("{name}.txt"));
        let on_end = self.on_end.clone();
        let ended = name.to_owned();
        let on_end = move |how| on_end(ended, how);
        let program = match terminal {
            true => Program::start_on_terminal(name, command, &log, on_end),
            false => Program::start(name, command, &log, on_end),
        };
        let program = program.map_err(|e| e.to_string())?.on(on);
        self.programs.insert(name.to_owned(), program);
        Ok(())
    }

    /// Ends a started program and starts it with other arguments, where it was.
    fn restart(&mut self, of: &str, argv: &[String], within: Duration) -> Result<(), String> {
        let program = self
            .programs
            .get(of)
            .ok_or(format!("{of} is not running"))?;
        let (on, terminal) = (program.side(), program.on_terminal().is_some());
        program.end(within)?;
        self.begin(on, of, argv, terminal)
    }

    /// The same for what the stage itself needs on a side.
    pub fn serve(&mut self, on: On, name: &str, argv: &[String]) -> Result<(), String> {
        self.start(on, name, argv)?;
        let pid = self.programs.get(name).map(Program::pid);
        if let Some(pid) = pid {
            self.side_mut(on).serves(pid);
        }
        Ok(())
    }

    /// Runs one step; the text that it answered with (empty for most kinds).
    pub fn run(&mut self, step: &Step) -> Result<String, String> {
        let said = self.act(step)?;
        if let Some(name) = &step.save {
            self.vars.save(name, &said).map_err(|e| e.to_string())?;
        }
        if !said.is_empty() {
            self.last_answer.clone_from(&said);
        }
        Ok(said)
    }

    /// What was answered last, as a person is shown it.
    pub fn last_answer(&self) -> String {
        a11y::shown(&self.last_answer)
    }

    fn act(&mut self, step: &Step) -> Result<String, String> {
        let timeout = Duration::from_secs(step.timeout_s.into());
        match &step.action {
            Action::Run(argv) => self.run_program(step.on, argv, timeout),
            Action::Start { name, argv } => {
                let argv = self.fill_all(argv)?;
                self.start(step.on, name, &argv).map(|()| String::new())
            }
            Action::Restart { of, argv } => {
                let argv = self.fill_all(argv)?;
                self.restart(of, &argv, timeout).map(|()| String::new())
            }
            Action::Terminal { name, argv } => {
                let argv = self.fill_all(argv)?;
                self.begin(step.on, name, &argv, true)
                    .map(|()| String::new())
            }
            Action::Keys { to, keys } => {
                let keys = self.fill(keys)?;
                self.types(to, &keys)
            }
            Action::WaitScreen { of, has } => {
                let has = self.fill(has)?;
                self.wait_screen(of, &has, timeout)
            }
            Action::Screen(of) => self.screen(of),
            Action::WaitOutput { of, has } => self.wait_line(of, 0, &self.fill(has)?, timeout),
            Action::WaitFile(path) => {
                let path = self.fill(path)?;
                let there = || self.side(step.on).has(&path);
                self.wait_until(&format!("file {path}"), timeout, there)
            }
            Action::WaitPort(at) => {
                let at = self.fill(at)?;
                let open = || {
                    let connect = || connect(&at, POLL).is_ok();
                    self.side(step.on).in_net(connect).unwrap_or(false)
                };
                self.wait_until(&format!("port {at}"), timeout, open)
            }
            Action::WaitWindow(title) => {
                let title = self.fill(title)?;
                let there = || self.find_window(step.on, &title).is_ok();
                self.wait_until(&format!("window {title:?}"), timeout, there)
            }
            Action::Stdin { to, line } => {
                let line = self.fill(line)?;
                let program = self
                    .programs
                    .get_mut(to)
                    .ok_or(format!("{to} is not running"))?;
                program
                    .tell(&line)
                    .map_err(|e| format!("{to} does not listen: {e}"))?;
                Ok(String::new())
            }
            Action::Dbus(call) => self.dbus(step.on, call),
            Action::Key { keys, window } => {
                let id = self.find_window(step.on, &self.fill(window)?)?;
                self.xdotool(step.on, &["windowfocus", "--sync", &id])?;
                self.xdotool(step.on, &["key", "--window", &id, keys])
            }
            Action::Click { x, y, window } => {
                let id = self.find_window(step.on, &self.fill(window)?)?;
                let (x, y) = (x.to_string(), y.to_string());
                self.xdotool(
                    step.on,
                    &["mousemove", "--window", &id, &x, &y, "click", "1"],
                )
            }
            Action::Press { what, by } => self.press(step.on, what, *by, timeout),
            Action::See(what) => self.see(step.on, what, timeout),
            Action::Reach {
                what,
                pressing,
                typing,
            } => {
                let typing = typing.as_deref().map(|text| self.fill(text)).transpose()?;
                self.reach(step.on, what, pressing, typing.as_deref(), timeout)
            }
            Action::TypeInto { what, text } => self.type_into(step.on, what, text, timeout),
            Action::Choose { from, item } => self.choose(step.on, from, item, timeout),
            Action::Expect { what, reads, is } => self.expect(step.on, what, *reads, is, timeout),
            Action::Element { what, reads } => self.element(step.on, what, *reads, timeout),
            Action::LastAnswer => Ok(self.last_answer.clone()),
            Action::Ask(_) => Err("a person is asked by the session, not by the stage".to_owned()),
            Action::Page {
                protocol,
                at,
                js,
                until,
                frames,
            } => {
                let (at, js) = (self.fill(at)?, self.fill(js)?);
                let asked = Asked {
                    protocol: *protocol,
                    at: &at,
                    js: &js,
                    until: until.as_deref(),
                    frames: *frames,
                };
                self.page(step.on, &asked, timeout)
            }
            Action::Tcp {
                to,
                send,
                netstring,
                until,
            } => {
                let (to, mut send) = (self.fill(to)?, self.fill(send)?);
                if *netstring {
                    send = format!("{}:{send},", send.len());
                }
                let ask = || tcp(&to, &send, timeout).map_err(|e| format!("{to}: {e}"));
                let deadline = Instant::now() + timeout;
                loop {
                    let said = self
                        .side(step.on)
                        .in_net(ask)
                        .map_err(|e| e.to_string())??;
                    match until {
                        Some(has) if !said.contains(has) && Instant::now() < deadline => {
                            thread::sleep(POLL);
                        }
                        Some(has) if !said.contains(has) => {
                            return Err(format!("{to} answered {said:?}, not {has:?}, in time"));
                        }
                        _ => return Ok(said),
                    }
                }
            }
        }
    }

    /// Asks the app whether it is muted: its answer, and the words.
    pub fn confirm(&mut self, confirm: &Asking) -> (Option<bool>, String) {
        let from = match &confirm.ask.action {
            Action::Stdin { to, .. } => self.programs.get(to).map(|p| (to.clone(), p.next_line())),
            _ => None,
        };
        let answer = self.act(&confirm.ask).and_then(|said| match from {
            // A line on standard input is answered by the next line of output that speaks of it.
            Some((program, line)) => {
                let timeout = Duration::from_secs(confirm.ask.timeout_s.into());
                let common = common_prefix(confirm.muted.iter().chain(&confirm.unmuted));
                self.wait_line(&program, line, common, timeout)
            }
            None => Ok(said),
        });
        match answer {
            Ok(said) => (confirm.read(&said), said),
            Err(why) => (None, why),
        }
    }

    fn run_program(&self, on: On, argv: &[String], timeout: Duration) -> Result<String, String> {
        let argv = self.fill_all(argv)?;
        let mut command = self.side(on).command(&argv);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let child = command.spawn().map_err(|e| format!("{}: {e}", argv[0]))?;
        let pid = nix::unistd::Pid::from_raw(child.id() as i32);
        let (done, outcome) = std::sync::mpsc::channel();
        thread::spawn(move || done.send(child.wait_with_output()));
        let Ok(out) = outcome.recv_timeout(timeout) else {
            let _ = nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGKILL);
            return Err(format!(
                "{} did not end within {} s",
                argv[0],
                timeout.as_secs()
            ));
        };
        let out = out.map_err(|e| e.to_string())?;
        if out.status.success() {
            return Ok(String::from_utf8_lossy(&out.stdout).trim().to_owned());
        }
        let said = String::from_utf8_lossy(&out.stderr);
        let last = said.trim().lines().last().unwrap_or("").to_owned();
        Err(format!("{} failed ({}) {last}", argv[0], out.status)
            .trim_end()
            .to_owned())
    }

    fn wait_line(
        &self,
        of: &str,
        from: u64,
        has: &str,
        timeout: Duration,
    ) -> Result<String, String> {
        let program = self
            .programs
            .get(of)
            .ok_or(format!("{of} is not running"))?;
        program
            .wait_line(from, has, timeout)
            .map_err(|no| match no {
                NoLine::Timeout => {
                    format!("{of} did not say {has:?} within {} s", timeout.as_secs())
                }
                NoLine::Ended(how) => format!("{of} ended ({how}) before it said {has:?}"),
            })
    }

    fn wait_until(
        &self,
        what: &str,
        timeout: Duration,
        there: impl Fn() -> bool,
    ) -> Result<String, String> {
        let deadline = Instant::now() + timeout;
        while !there() {
            if Instant::now() >= deadline {
                return Err(format!("no {what} within {} s", timeout.as_secs()));
            }
            thread::sleep(POLL);
        }
        Ok(String::new())
    }

    /// Evaluates in a page, which stays open for the next question; until the answer is as wanted, or
    /// once.
    fn page(&mut self, on: On, asked: &Asked, timeout: Duration) -> Result<String, String> {
        let Asked {
            protocol,
            at,
            js,
            until,
            frames,
        } = *asked;
        let deadline = Instant::now() + timeout;
        let key = (self.side(on).name().to_owned(), at.to_owned());
        loop {
            let left = deadline.saturating_duration_since(Instant::now()).max(POLL);
            let page = match self.pages.remove(&key) {
                Some(page) => Ok(page),
                None => {
                    let side = self.side(on);
                    let stream = || {
                        let connect = || connect(at, left).map_err(|e| format!("{at}: {e}"));
                        side.in_net(connect).map_err(|e| e.to_string())?
                    };
                    Page::open(protocol, at, left, stream)
                }
            };
            let said = page.and_then(|mut page| {
                let said = match until.filter(|_| frames) {
                    Some(has) => page.evaluate_in_frames(js, has, left),
                    None => page.evaluate(js, left).map(|said| (said, 0)),
                };
                self.pages.insert(key.clone(), page);
                said
            });
            match (said, until) {
                (Ok((said, _)), None) => return Ok(said),
                (Ok((said, _)), Some(has)) if said.contains(has) => return Ok(said),
                (Err(why), None) => {
                    // A page that went away is opened anew the next time.
                    self.pages.remove(&key);
                    return Err(why);
                }
                (said, Some(has)) if Instant::now() >= deadline => {
                    let (said, of) = said.unwrap_or_else(|why| (why, 0));
                    let who = match frames {
                        true => format!("the page, as all of its {of} frames,"),
                        false => "the page".to_owned(),
                    };
                    return Err(format!("{who} said {said:?}, not {has:?}, in time"));
                }
                (said, Some(_)) => {
                    if said.is_err() {
                        self.pages.remove(&key);
                    }
                    thread::sleep(POLL);
                }
            }
        }
    }

    pub(crate) fn xdotool(&self, on: On, args: &[&str]) -> Result<String, String> {
        if !self.side(on).has_x11() {
            let why = "keys, clicks and titles of windows need an X display, and the stage has none: \
                       use `press` and `see`, which find by name";
            return Err(why.to_owned());
        }
        let argv: Vec<String> = std::iter::once("xdotool")
            .chain(args.iter().copied())
            .map(str::to_owned)
            .collect();
        self.run_program(on, &argv, Duration::from_secs(5))
    }

    fn find_window(&self, on: On, title: &str) -> Result<String, String> {
        let found = self.xdotool(on, &["search", "--onlyvisible", "--name", title])?;
        let id = found.lines().next().filter(|id| !id.is_empty());
        id.map(str::to_owned).ok_or(format!("no window {title:?}"))
    }

    fn dbus(&mut self, on: On, call: &DbusCall) -> Result<String, String> {
        let side = self.side(on);
        let name = side.name().to_owned();
        if !self.buses.contains_key(&name) {
            let door = side.bus().and_then(|door| door.connect());
            let stream = door.map_err(|e| format!("D-Bus of the {name} side: {e}"))?;
            // We are somebody else in the side's user namespace: its user is what it sees.
            let bus = zbus::blocking::connection::Builder::async_io_unix_stream(stream)
                .user_id(SIDE_UID)
                .method_timeout(Duration::from_secs(5))
                .build()
                .map_err(|e| format!("D-Bus of the {name} side: {e}"))?;
            self.buses.insert(name.clone(), bus);
        }
        let bus = &self.buses[&name];
        let (service, interface) = (Some(call.service.as_str()), Some(call.interface.as_str()));
        let (path, method) = (call.path.as_str(), call.method.as_str());
        let reply = if call.args.is_empty() {
            bus.call_method(service, path, interface, method, &())
        } else {
            let fields = call.args.iter().map(|arg| {
                Ok(match arg {
                    DbusArg::Bool(v) => Value::from(*v),
                    DbusArg::Int(v) => Value::from(*v),
                    DbusArg::Text(v) => Value::from(self.fill(v)?),
                })
            });
            let fields: Vec<Value<'_>> = fields.collect::<Result<_, String>>()?;
            let body = StructureBuilder::new();
            let body = fields
                .into_iter()
                .fold(body, StructureBuilder::append_field);
            let body = body.build().map_err(|e| e.to_string())?;
            bus.call_method(service, path, interface, method, &body)
        };
        let reply = reply.map_err(|e| format!("{interface:?}.{method}: {e}"))?;
        let body = reply.body();
        if body.is_empty() {
            return Ok(String::new());
        }
        let fields: zbus::zvariant::Structure<'_> = body
            .deserialize()
            .map_err(|e| format!("{method} answered oddly: {e}"))?;
        let words: Vec<String> = fields.fields().iter().map(|v| v.to_string()).collect();
        Ok(words.join(" "))
    }
}

/// What all answers begin with: an answer is recognised by it.
fn common_prefix<'a>(answers: impl IntoIterator<Item = &'a String>) -> &'a str {
    let common = |a: &'a str, b: &'a str| {
        let both = a.chars().zip(b.chars());
        let same = both.take_while(|(x, y)| x == y);
        &a[..same.map(|(x, _)| x.len_utf8()).sum()]
    };
    let answers = answers.into_iter().map(String::as_str);
    answers.reduce(common).unwrap_or_default()
}

fn connect(at: &str, timeout: Duration) -> std::io::Result<TcpStream> {
    let address = at.to_socket_addrs()?.next();
    let address = address.ok_or_else(|| std::io::Error::other("no address"))?;
    TcpStream::connect_timeout(&address, timeout)
}

/// Sends a text and reads until the other end closes or falls silent for 200 ms.
fn tcp(to: &str, send: &str, timeout: Duration) -> std::io::Result<String> {
    let mut stream = connect(to, timeout)?;
    stream.set_read_timeout(Some(timeout))?;
    stream.write_all(send.as_bytes())?;
    let mut said = Vec::new();
    let mut chunk = [0u8; 4096];
    while let Ok(n @ 1..) = stream.read(&mut chunk) {
        said.extend_from_slice(&chunk[..n]);
        stream.set_read_timeout(Some(Duration::from_millis(200)))?;
        if said.len() > 1 << 20 {
            break;
        }
    }
    Ok(String::from_utf8_lossy(&said).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_recognised_by_what_both_answers_share() {
        let of = |answers: &[&str]| {
            let answers: Vec<String> = answers.iter().map(|a| (*a).to_owned()).collect();
            common_prefix(&answers).to_owned()
        };
        assert_eq!(of(&["muted yes", "muted no"]), "muted ");
        assert_eq!(of(&["true", "false"]), "");
        assert_eq!(of(&["it is off", "it is out", "it was on"]), "it ");
    }
}
