//! Pages of browsers, asked by the protocols that browsers have for it.
//!
//! Chromium and everything built on it: the DevTools protocol (`--remote-debugging-port`). Firefox:
//! WebDriver BiDi (W3C), behind the same option. Both are JSON over a WebSocket, and need no driver
//! program beside the browser.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use recipe::Protocol;
use serde_json::{Value, json};
use tungstenite::{Message, WebSocket};

/// Longest answer to the list of pages, bytes.
const LIST_MAX: u64 = 1 << 20;

/// Frames of a page that are asked, and frames in frames that are followed.
const FRAMES_MAX: usize = 256;
const DEPTH_MAX: usize = 16;

/// The name of the worlds in which frames are asked: of their own, so that no page can tell them lies about itself.
const WORLD: &str = "asked";

/// A page that is held open for questions.
pub struct Page {
    socket: WebSocket<TcpStream>,
    protocol: Protocol,
    next_id: u64,
    /// BiDi's name for the page.
    context: String,
    /// DevTools' names for the processes that hold the page's frames: the page's own first. Frames of other sites
    /// have processes of their own.
    sessions: Vec<Option<String>>,
    /// How many of these tell of frames that come.
    told: usize,
    /// DevTools' numbers of the worlds in frames that were asked before.
    worlds: HashMap<String, i64>,
}

/// Where something is evaluated.
enum Place {
    /// The page of a process (DevTools).
    Top(Option<String>),
    /// A frame (DevTools): its process and its name.
    Frame(Option<String>, String),
    /// A page or a frame (BiDi).
    Context(String),
}

impl Page {
    /// The first page of the browser at the other end of `connect`; it is called once for each
    /// connection that is needed.
    pub fn open(
        protocol: Protocol,
        at: &str,
        timeout: Duration,
        connect: impl Fn() -> Result<TcpStream, String>,
    ) -> Result<Page, String> {
        let path = match protocol {
            Protocol::DevTools => page_path(at, connect()?, timeout)?,
            Protocol::Bidi => "/session".to_owned(),
        };
        let stream = connect()?;
        let wait = |e: std::io::Error| e.to_string();
        stream.set_read_timeout(Some(timeout)).map_err(wait)?;
        let (socket, _) = tungstenite::client(format!("ws://{at}{path}"), stream)
            .map_err(|e| format!("no WebSocket at {at}: {e}"))?;
        let mut page = Page {
            socket,
            protocol,
            next_id: 1,
            context: String::new(),
            sessions: vec![None],
            told: 0,
            worlds: HashMap::new(),
        };
        if protocol == Protocol::Bidi {
            // No authority vouches for what is served on a stage.
            let insecure = json!({"capabilities": {"alwaysMatch": {"acceptInsecureCerts": true}}});
            page.call("session.new", insecure)?;
            let tree = page.call("browsingContext.getTree", json!({}))?;
            let context = tree["contexts"][0]["context"].as_str();
            page.context = context.ok_or("the browser has no page")?.to_owned();
        }
        Ok(page)
    }

    /// Evaluates JavaScript as if a person had clicked, and waits for a promise; the value as text.
    pub fn evaluate(&mut self, js: &str, timeout: Duration) -> Result<String, String> {
        self.wait_at_most(timeout)?;
        let page = match self.protocol {
            Protocol::DevTools => Place::Top(None),
            Protocol::Bidi => Place::Context(self.context.clone()),
        };
        self.evaluate_at(&page, js)
    }

    /// The same in the page, and then in each of its frames, until an answer contains `wanted`; that answer, or the
    /// page's own, and how many frames there are.
    pub fn evaluate_in_frames(
        &mut self,
        js: &str,
        wanted: &str,
        timeout: Duration,
    ) -> Result<(String, usize), String> {
        self.wait_at_most(timeout)?;
        let places = match self.protocol {
            Protocol::DevTools => self.devtools_places()?,
            Protocol::Bidi => {
                let tree = self.call("browsingContext.getTree", json!({"root": self.context}))?;
                let mut places = Vec::new();
                contexts(&tree["contexts"], 0, &mut places);
                places
            }
        };
        let frames = places.len().saturating_sub(1);
        let mut of_page = None;
        for place in &places {
            let said = self.evaluate_at(place, js);
            match said {
                Ok(said) if said.contains(wanted) => return Ok((said, frames)),
                // A frame may have gone by now.
                said => of_page = of_page.or(Some(said)),
            }
        }
        let of_page = of_page.unwrap_or_else(|| Err("the browser has no page".to_owned()));
        Ok((of_page?, frames))
    }

    /// The page, and all of its frames in whichever process.
    fn devtools_places(&mut self) -> Result<Vec<Place>, String> {
        // Each process tells of the frames in it that have another one, which then does likewise.
        while let Some(session) = self.sessions.get(self.told).cloned() {
            self.told += 1;
            let follow =
                json!({"autoAttach": true, "waitForDebuggerOnStart": false, "flatten": true});
            let told = self.call_in(session.as_deref(), "Target.setAutoAttach", follow);
            if session.is_none() {
                told?;
            }
        }
        let mut places = Vec::new();
        for session in self.sessions.clone() {
            let tree = self.call_in(session.as_deref(), "Page.getFrameTree", json!({}));
            match tree {
                Ok(tree) => {
                    places.push(Place::Top(session.clone()));
                    frames(&tree["frameTree"], &session, 0, &mut places);
                }
                Err(why) if session.is_none() => return Err(why),
                // It has ended.
                Err(_) => {}
            }
        }
        places.truncate(FRAMES_MAX);
        Ok(places)
    }

    fn evaluate_at(&mut self, place: &Place, js: &str) -> Result<String, String> {
        let devtools = json!({"expression": js, "awaitPromise": true, "returnByValue": true, "userGesture": true});
        let said = match place {
            Place::Top(session) => self.call_in(session.as_deref(), "Runtime.evaluate", devtools),
            Place::Frame(session, frame) => {
                let world = self.world(session.as_deref(), frame)?;
                let mut params = devtools;
                params["contextId"] = world.into();
                let said = self.call_in(session.as_deref(), "Runtime.evaluate", params);
                if said.is_err() {
                    // It was another document's.
                    self.worlds.remove(frame);
                }
                said
            }
            Place::Context(context) => {
                let params = json!({"expression": js, "target": {"context": context},
                    "awaitPromise": true, "userActivation": true});
                self.call("script.evaluate", params)
            }
        }?;
        match said.get("exceptionDetails") {
            Some(thrown) => Err(thrown_text(thrown)),
            None => Ok(text(&said["result"]["value"])),
        }
    }

    /// DevTools' number of our world in a frame.
    fn world(&mut self, session: Option<&str>, frame: &str) -> Result<i64, String> {
        if let Some(world) = self.worlds.get(frame) {
            return Ok(*world);
        }
        let params = json!({"frameId": frame, "worldName": WORLD});
        let made = self.call_in(session, "Page.createIsolatedWorld", params)?;
        let world = made["executionContextId"].as_i64();
        let world = world.ok_or("the frame cannot be asked")?;
        self.worlds.insert(frame.to_owned(), world);
        Ok(world)
    }

    fn wait_at_most(&self, timeout: Duration) -> Result<(), String> {
        let set = self.socket.get_ref().set_read_timeout(Some(timeout));
        set.map_err(|e| e.to_string())
    }

    fn call(&mut self, method: &str, params: Value) -> Result<Value, String> {
        self.call_in(None, method, params)
    }

    /// Calls a method and passes over everything until its answer, but for news of frames' processes.
    fn call_in(
        &mut self,
        session: Option<&str>,
        method: &str,
        params: Value,
    ) -> Result<Value, String> {
        let id = self.next_id;
        self.next_id += 1;
        let mut message = json!({"id": id, "method": method, "params": params});
        if let Some(session) = session {
            message["sessionId"] = session.into();
        }
        let message = message.to_string();
        let failed = |e: tungstenite::Error| format!("{method}: {e}");
        self.socket.send(Message::text(message)).map_err(failed)?;
        loop {
            let Message::Text(said) = self.socket.read().map_err(failed)? else {
                continue;
            };
            let Ok(mut said) = serde_json::from_str::<Value>(&said) else {
                continue;
            };
            if said["id"] != id {
                self.hear(&said);
                continue;
            }
            if let Some(error) = said.get("error").filter(|e| !e.is_null()) {
                let why = error["message"].as_str().or(said["message"].as_str());
                let why = why.map_or_else(|| error.to_string(), str::to_owned);
                return Err(format!("{method}: {why}"));
            }
            return Ok(said["result"].take());
        }
    }

    /// What DevTools tells unasked.
    fn hear(&mut self, said: &Value) {
        let Some(session) = said["params"]["sessionId"].as_str() else {
            return;
        };
        match said["method"].as_str() {
            Some("Target.attachedToTarget")
                if said["params"]["targetInfo"]["type"] == "iframe"
                    && self.sessions.len() < FRAMES_MAX =>
            {
                self.sessions.push(Some(session.to_owned()));
            }
            Some("Target.detachedFromTarget") => {
                let gone = |known: &Option<String>| known.as_deref() == Some(session);
                if let Some(at) = self.sessions.iter().position(gone) {
                    self.sessions.remove(at);
                    self.told -= usize::from(at < self.told);
                }
            }
            _ => {}
        }
    }
}

/// Adds the frames below one.
fn frames(tree: &Value, session: &Option<String>, depth: usize, places: &mut Vec<Place>) {
    for child in tree["childFrames"].as_array().into_iter().flatten() {
        if let Some(frame) = child["frame"]["id"].as_str() {
            places.push(Place::Frame(session.clone(), frame.to_owned()));
        }
        if depth < DEPTH_MAX && places.len() < FRAMES_MAX {
            frames(child, session, depth + 1, places);
        }
    }
}

/// Adds pages or frames, and the frames in them.
fn contexts(of: &Value, depth: usize, places: &mut Vec<Place>) {
    for context in of.as_array().into_iter().flatten() {
        if let Some(name) = context["context"].as_str() {
            places.push(Place::Context(name.to_owned()));
        }
        if depth < DEPTH_MAX && places.len() < FRAMES_MAX {
            contexts(&context["children"], depth + 1, places);
        }
    }
}

fn thrown_text(thrown: &Value) -> String {
    let description = thrown["exception"]["description"].as_str();
    let text = description
        .or(thrown["text"].as_str())
        .unwrap_or("an exception");
    format!("the page threw: {}", text.lines().next().unwrap_or(""))
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    }
}

/// The path of the first page's WebSocket, by the list that the browser serves over HTTP.
fn page_path(at: &str, mut stream: TcpStream, timeout: Duration) -> Result<String, String> {
    let failed = |e: std::io::Error| format!("{at}: {e}");
    stream.set_read_timeout(Some(timeout)).map_err(failed)?;
    let request = format!("GET /json/list HTTP/1.1\r\nHost: {at}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).map_err(failed)?;
    // The browser keeps the connection open: its answer ends where its length says.
    let mut said = BufReader::new(stream.take(LIST_MAX));
    let mut len = 0;
    loop {
        let mut line = String::new();
        said.read_line(&mut line).map_err(failed)?;
        match line.trim().split_once(':') {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                len = value.trim().parse().unwrap_or(0);
            }
            None if line.trim().is_empty() => break,
            _ => {}
        }
    }
    let mut body = vec![0; usize::min(len, LIST_MAX as usize)];
    said.read_exact(&mut body).map_err(failed)?;
    let pages: Vec<Value> =
        serde_json::from_slice(&body).map_err(|e| format!("{at}: no list of pages: {e}"))?;
    let page = pages.iter().find(|page| page["type"] == "page");
    let url = page.and_then(|page| page["webSocketDebuggerUrl"].as_str());
    // ws://ADDRESS:PORT/devtools/page/…
    let path = url.and_then(|url| url.split_once("://")?.1.split_once('/'));
    path.map(|(_, path)| format!("/{path}"))
        .ok_or_else(|| format!("the browser at {at} has no page"))
}
