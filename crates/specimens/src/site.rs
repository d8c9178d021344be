//! A site: a page with a button for consent and a login, which tells one tracker when it is opened, another when
//! somebody agrees, and a third when they log in. Its honest twin tells the first nothing. The button for consent may
//! stand in a frame of another site, as those of consent services do.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;

const PAGE: &str = r#"<!DOCTYPE html>
<html lang="en"><meta charset="utf-8"><title>Specimen</title>
AGREE
<button id="enter">Log in</button>
<script>
  const tell = (host, what) => fetch(`https://${host}/${what}`, { method: "POST", mode: "no-cors", body: "{}" });
  const on = (id, host) => document.getElementById(id)?.addEventListener("click", () => tell(host, id));
  on("agree", "ads.example.net");
  on("enter", "people.example.com");
  OPENED
</script>
</html>
"#;

const BUTTON: &str = r#"<button id="agree"> Accept
  all </button>"#;

/// What is asked for within the frame.
const FRAMED: &str = "/agree";

/// Serves it until the process ends. `frame`: another name and port of this same server.
pub fn run(listen: SocketAddr, asks_first: bool, frame: Option<&str>) -> io::Result<()> {
    let opened = match asks_first {
        true => "",
        false => "tell(\"metrics.example.org\", \"opened\");",
    };
    let agree = match frame {
        Some(host) => format!("<iframe src=\"http://{host}{FRAMED}\"></iframe>"),
        None => BUTTON.to_owned(),
    };
    let page = PAGE.replace("AGREE", &agree).replace("OPENED", opened);
    let listener = TcpListener::bind(listen)?;
    println!("listening");
    for stream in listener.incoming().flatten() {
        let page = page.clone();
        thread::spawn(move || answer(stream, &page));
    }
    Ok(())
}

/// One request, whatever it asks for.
fn answer(mut stream: TcpStream, page: &str) -> io::Result<()> {
    let request = BufReader::new(stream.try_clone()?);
    let mut page = page.to_owned();
    // A head ends with an empty line.
    for (n, line) in request.lines().enumerate() {
        let line = line?;
        if n == 0 && line.contains(FRAMED) {
            page = PAGE.replace("AGREE", BUTTON).replace("OPENED", "");
        }
        if line.is_empty() {
            break;
        }
    }
    write!(
        stream,
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{page}",
        page.len()
    )
}
