//! A site: a page with a button for consent and a login, which tells one tracker when it is opened, another when
//! somebody agrees, and a third when they log in. Its honest twin tells the first nothing.

use std::io::{self, BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;

const PAGE: &str = r#"<!DOCTYPE html>
<html lang="en"><meta charset="utf-8"><title>Specimen</title>
<button id="agree">Accept all</button>
<button id="enter">Log in</button>
<script>
  const tell = (host, what) => fetch(`https://${host}/${what}`, { method: "POST", mode: "no-cors", body: "{}" });
  const on = (id, host) => document.getElementById(id).addEventListener("click", () => tell(host, id));
  on("agree", "ads.example.net");
  on("enter", "people.example.com");
  OPENED
</script>
</html>
"#;

/// Serves it until the process ends.
pub fn run(listen: SocketAddr, asks_first: bool) -> io::Result<()> {
    let opened = match asks_first {
        true => "",
        false => "tell(\"metrics.example.org\", \"opened\");",
    };
    let page = PAGE.replace("OPENED", opened);
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
    // A head ends with an empty line.
    for line in request.lines() {
        if line?.is_empty() {
            break;
        }
    }
    write!(
        stream,
        "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{page}",
        page.len()
    )
}
