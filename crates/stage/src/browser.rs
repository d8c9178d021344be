//! Pages of browsers, asked by the protocols that browsers have for it.
//!
//! Chromium and everything built on it: the DevTools protocol (`--remote-debugging-port`). Firefox:
//! WebDriver BiDi (W3C), behind the same option. Both are JSON over a WebSocket, and need no driver
//! program beside the browser.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use recipe::Protocol;
use serde_json::{Value, json};
use tungstenite::{Message, WebSocket};

/// Longest answer to the list of pages, bytes.
const LIST_MAX: u64 = 1 << 20;

/// A page that is held open for questions.
pub struct Page {
    socket: WebSocket<TcpStream>,
    protocol: Protocol,
    next_id: u64,
    /// BiDi's name for the page.
    context: String,
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
        let stream = self.socket.get_ref();
        let set = stream.set_read_timeout(Some(timeout));
        set.map_err(|e| e.to_string())?;
        match self.protocol {
            Protocol::DevTools => {
                let params = json!({"expression": js, "awaitPromise": true, "returnByValue": true,
                    "userGesture": true});
                let said = self.call("Runtime.evaluate", params)?;
                match said.get("exceptionDetails") {
                    Some(thrown) => Err(thrown_text(thrown)),
                    None => Ok(text(&said["result"]["value"])),
                }
            }
            Protocol::Bidi => {
                let params = json!({"expression": js, "target": {"context": self.context},
                    "awaitPromise": true, "userActivation": true});
                let said = self.call("script.evaluate", params)?;
                match said.get("exceptionDetails") {
                    Some(thrown) => Err(thrown_text(thrown)),
                    None => Ok(text(&said["result"]["value"])),
                }
            }
        }
    }

    /// Calls a method and passes over everything until its answer.
    fn call(&mut self, method: &str, params: Value) -> Result<Value, String> {
        let id = self.next_id;
        self.next_id += 1;
        let message = json!({"id": id, "method": method, "params": params}).to_string();
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
