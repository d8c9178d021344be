//! Each format of a log, read: whom it names, and what is said of what is damaged.

use dataflow::canary::{Canary, CanaryKind, Needles};
use dataflow::logs::{FORMATS, LogError, read};
use dataflow::{Channel, Contact, Facts, NamedBy, Origin, in_requests};
use proptest::prelude::*;

fn contact<'f>(facts: &'f Facts, name: &str) -> &'f Contact {
    let named = |contact: &&Contact| {
        let mut names = contact.names.iter();
        names.any(|one| one.name == name && one.by == NamedBy::Log)
    };
    let found = facts.contacts.iter().find(named);
    found.unwrap_or_else(|| panic!("{name} is not in {:#?}", facts.contacts))
}

fn channels(contact: &Contact) -> Vec<Channel> {
    contact.channels.iter().copied().collect()
}

/// Keys as Chromium and Firefox write them; one entry has no URL, and one has data of its own in it.
const HAR: &str = r#"{"log": {"version": "1.2", "creator": {"name": "a browser", "version": "1"}, "pages": [],
 "entries": [
  {"startedDateTime": "2026-01-02T03:04:05.500+01:00", "time": 250.5, "connection": "443",
   "request": {"method": "POST", "url": "https://metrics.example.net/v1?u=1", "httpVersion": "h2",
     "headers": [{"name": "Host", "value": "metrics.example.net"}], "queryString": [], "cookies": [],
     "headersSize": 120, "bodySize": 40, "postData": {"mimeType": "application/json", "text": "{}"}},
   "response": {"status": 204, "headersSize": -1, "bodySize": -1, "_transferSize": 333,
     "content": {"size": 0, "mimeType": "", "text": "left out"}},
   "serverIPAddress": "[2001:db8::7]", "cache": {}, "timings": {}},
  {"startedDateTime": "2026-01-02T02:04:07Z", "time": 1,
   "request": {"method": "GET", "url": "http://example.org/", "headersSize": 100, "bodySize": 0},
   "response": {"status": 200, "headersSize": 50, "bodySize": 150}, "serverIPAddress": "203.0.113.1"},
  {"request": {"method": "GET"}},
  {"request": {"method": "GET", "url": "data:text/plain,a"}}
 ]}}"#;

#[test]
fn har() {
    let facts = read(HAR.as_bytes()).unwrap();
    assert_eq!((facts.origin, facts.contacts.len()), (Origin::Har, 2));
    // Data that stands in the page goes nowhere: there was nothing to read of it.
    assert_eq!(facts.left_out.entries, 1);
    let metrics = contact(&facts, "metrics.example.net");
    assert_eq!(metrics.address, "2001:db8::7".parse().ok());
    assert_eq!((metrics.port, metrics.bytes), (Some(443), Some([160, 333])));
    assert_eq!(channels(metrics), [Channel::Tls(None)]);
    // The zone is part of the time, and it is the earliest.
    let [from, to] = metrics.seconds.unwrap();
    assert!(from == 0.0 && (to - 0.2505).abs() < 1e-6, "{to}");
    let plain = contact(&facts, "example.org");
    assert_eq!(channels(plain), [Channel::Http]);
    assert_eq!(plain.bytes, Some([100, 200]));
    let [from, to] = plain.seconds.unwrap();
    assert!(
        (from - 1.5).abs() < 1e-6 && (to - 1.501).abs() < 1e-6,
        "{from} {to}"
    );
}

/// As Safari and some tools write it: sizes that are no whole numbers, a port behind the address, a header without a
/// value, and entries of what lies in the browser.
#[test]
fn har_of_another_browser() {
    let har = r#"{"log": {"entries": [
      {"startedDateTime": "2026-01-02T03:04:05Z", "time": null, "serverIPAddress": "203.0.113.1:443",
       "request": {"method": "POST", "url": "https://metrics.example.net/v1", "headersSize": 100.0, "bodySize": 20.5,
         "headers": [{"name": "dnt"}], "postData": {"mimeType": "text/plain", "text": "", "params": null}},
       "response": {"headersSize": null, "bodySize": 7.0, "_transferSize": null}},
      {"request": {"url": "blob:https://example.net/1"}},
      {"request": {"url": "chrome-extension://abc/script.js"}},
      {"request": {"url": "about:blank"}}]}}"#;
    for bytes in [
        har.as_bytes().to_vec(),
        utf16(har, u16::to_le_bytes),
        utf16(har, u16::to_be_bytes),
    ] {
        let facts = read(&bytes).unwrap();
        assert_eq!((facts.contacts.len(), facts.left_out.entries), (1, 0));
        let metrics = contact(&facts, "metrics.example.net");
        assert_eq!(metrics.address, "203.0.113.1".parse().ok());
        assert_eq!(metrics.bytes, Some([120, 7]));
        assert_eq!(
            facts.requests[0].headers,
            [("dnt".to_owned(), String::new())]
        );
    }
}

/// As some programs of Windows write a text.
fn utf16(text: &str, order: fn(u16) -> [u8; 2]) -> Vec<u8> {
    let units = ['\u{feff}'].into_iter().chain(text.chars());
    let units: Vec<u16> = units.collect::<String>().encode_utf16().collect();
    units.into_iter().flat_map(order).collect()
}

/// The columns in another order, by semicolons and with quotes, as a table's program saves them; half a row at the end.
#[test]
fn a_table_that_was_saved_again() {
    let text = "\"time\";\"daddr\";\"connections\";\"dport\";\"uid\";\"protocol\"\r\n\
                1767323045000;\"metrics.example.net\";3;443;10123;6\r\n1767323046000;\"metr";
    for bytes in [text.as_bytes().to_vec(), utf16(text, u16::to_le_bytes)] {
        let facts = read(&bytes).unwrap();
        assert_eq!(facts.origin, Origin::TrackerControl);
        assert_eq!((facts.contacts.len(), facts.left_out.entries), (1, 1));
        let metrics = contact(&facts, "metrics.example.net");
        assert_eq!((metrics.port, metrics.messages[0]), (Some(443), 3));
    }
}

/// Lines that end as they did on old Macs.
#[test]
fn a_table_whose_lines_end_with_a_return_alone() {
    let text = "time,daddr,dport,uid\r1,x.example,443,1\r2,y.example,443,2\r";
    let facts = read(text.as_bytes()).unwrap();
    assert_eq!((facts.contacts.len(), facts.left_out.entries), (2, 0));
    assert!(contact(&facts, "y.example").processes.contains("uid 2"));
}

/// What was sent over a WebSocket is looked through; what came is not the page's.
#[test]
fn messages_of_websockets_are_looked_through() {
    let har = r#"{"log": {"entries": [{"request": {"method": "GET", "url": "wss://live.example.net/ws"},
      "_webSocketMessages": [
        {"type": "send", "opcode": 1, "data": "{\"mail\": \"someone@example.org\"}"},
        {"type": "send", "opcode": 2, "data": "c29tZW9uZUBleGFtcGxlLm9yZw=="},
        {"type": "receive", "opcode": 1, "data": "other@example.org"}]}]}}"#;
    let facts = read(har.as_bytes()).unwrap();
    let find = |value: &str| {
        let canary = Canary {
            name: "mail".to_owned(),
            kind: CanaryKind::Email,
            value: value.to_owned(),
        };
        in_requests(&facts, &Needles::new(&[canary]).unwrap())
    };
    let found: Vec<(String, Option<String>)> = find("someone@example.org")
        .into_keys()
        .map(|one| (one.path, one.receiver))
        .collect();
    let at = |path: &str| (path.to_owned(), Some("live.example.net".to_owned()));
    assert_eq!(
        found,
        [
            at("ws live.example.net/ws"),
            at("ws live.example.net/ws $.mail")
        ]
    );
    assert!(find("other@example.org").is_empty());
}

/// Cut in the middle of a line, as a copy that was not finished is.
#[test]
fn a_privacy_report_that_is_cut_is_not_called_whole() {
    let line = "{\"domain\":\"metrics.example.net\",\"hits\":2,\"bundleID\":\"com.example.app\",\
                \"timeStamp\":\"2026-01-02T03:04:05.000+01:00\",\"type\":\"networkActivity\"}";
    for cut in 1..line.len() {
        let text = format!("{line}\r\n{}", &line[..cut]);
        let facts = read(text.as_bytes()).unwrap();
        assert_eq!(
            (facts.contacts.len(), facts.left_out.entries),
            (1, 1),
            "{cut}"
        );
    }
}

/// One flow of mitmproxy, as its own functions put it together.
fn mitmproxy() -> Vec<u8> {
    fn text(text: &str) -> Vec<u8> {
        format!("{}:{text};", text.len()).into_bytes()
    }
    fn bytes(bytes: &[u8]) -> Vec<u8> {
        [format!("{}:", bytes.len()).as_bytes(), bytes, b","].concat()
    }
    fn of(kind: &str, parts: &[Vec<u8>]) -> Vec<u8> {
        let inside = parts.concat();
        [
            format!("{}:", inside.len()).as_bytes(),
            &inside,
            kind.as_bytes(),
        ]
        .concat()
    }
    let peer = of("]", &[text("203.0.113.9"), b"3:443#".to_vec()]);
    let server = of(
        "}",
        &[
            [text("peername"), peer].concat(),
            [text("tls"), b"4:true!".to_vec()].concat(),
            [text("tls_version"), text("TLSv1.3")].concat(),
        ],
    );
    let request = of(
        "}",
        &[
            [text("host"), text("t.example.net")].concat(),
            [text("port"), b"3:443#".to_vec()].concat(),
            [text("scheme"), bytes(b"https")].concat(),
            [text("content"), bytes(b"0123456789")].concat(),
            [text("timestamp_start"), b"12:1700000000.5^".to_vec()].concat(),
        ],
    );
    of(
        "}",
        &[
            [text("type"), text("http")].concat(),
            [text("server_conn"), server].concat(),
            [text("request"), request].concat(),
            [text("response"), b"0:~".to_vec()].concat(),
        ],
    )
}

#[test]
fn flows_of_mitmproxy() {
    let flow = mitmproxy();
    let facts = read(&[flow.clone(), flow.clone()].concat()).unwrap();
    assert_eq!((facts.origin, facts.contacts.len()), (Origin::Mitmproxy, 1));
    let found = contact(&facts, "t.example.net");
    assert_eq!(
        (found.address, found.port),
        ("203.0.113.9".parse().ok(), Some(443))
    );
    assert_eq!((found.bytes, found.messages), (Some([20, 0]), [2, 0]));
    assert_eq!(channels(found), [Channel::Tls(Some(0x0304))]);
    let cut = &[flow.clone(), flow[..90].to_vec()].concat();
    let error = read(cut).unwrap_err().to_string();
    let place = format!("mitmproxy's flows, byte {}", flow.len());
    assert!(error.starts_with(&place), "{error}");
}

#[test]
fn app_privacy_report() {
    let report = r#"{"_marker":"<metadata>","exportTimestamp":"2026-01-02T00:00:00.000+00:00"}
{"accessor":{"identifier":"org.example.app","identifierType":"bundleID"},"category":"microphone","type":"access","timeStamp":"2026-01-01T00:00:00.000+00:00"}
{"domain":"stats.example.net","firstTimeStamp":"2026-01-01T00:00:00.000+00:00","context":"","timeStamp":"2026-01-01T00:01:00.000+00:00","domainType":1,"initiatedType":"AppInitiated","hits":7,"type":"networkActivity","domainOwner":"","bundleID":"org.example.app"}
{"domain":"stats.example.net","firs"#;
    let facts = read(report.as_bytes()).unwrap();
    assert_eq!(facts.origin, Origin::AppPrivacyReport);
    let found = contact(&facts, "stats.example.net");
    assert_eq!((found.messages, found.bytes), ([7, 0], None));
    assert_eq!(found.seconds, Some([0.0, 60.0]));
    assert!(found.processes.contains("org.example.app"));
    // The line of metadata and the one that is cut.
    assert_eq!(facts.left_out.entries, 2);
}

#[test]
fn connections_of_pcapdroid() {
    let list = "IPProto,SrcIP,SrcPort,DstIp,DstPort,UID,App,Proto,Status,Info,BytesSent,BytesRcvd,PktsSent,PktsRcvd,FirstSeen,LastSeen\n\
        6,10.215.173.1,40000,203.0.113.5,443,10123,An app,TLS,Closed,t.example.net,1200,3400,9,8,1700000000000,1700000001500\n\
        17,10.215.173.1,40001,203.0.113.53,53,10123,An app,DNS,Closed,t.example.net,60,76,1,1,1700000000000,1700000000100\n\
        6,10.215.173.1,40002,,80,10123,An app,HTTP,Closed,,1,1,1,1,1,1\n";
    let facts = read(list.as_bytes()).unwrap();
    assert_eq!((facts.origin, facts.contacts.len()), (Origin::Pcapdroid, 2));
    let found = &facts.contacts[0];
    let names: Vec<(NamedBy, &str)> = found
        .names
        .iter()
        .map(|n| (n.by, n.name.as_str()))
        .collect();
    // The app's own word, which makes nobody the operator's.
    assert_eq!(names, [(NamedBy::ServerName, "t.example.net")]);
    assert_eq!(
        (found.bytes, found.messages),
        (Some([1_200, 3_400]), [9, 0])
    );
    assert_eq!(
        (found.seconds, channels(found)),
        (Some([0.0, 1.5]), vec![Channel::Tls(None)])
    );
    assert!(found.processes.contains("An app"));
    // The resolver has not the name that was asked for.
    assert!(facts.contacts[1].names.is_empty());
    assert_eq!(facts.left_out.entries, 1);
}

#[test]
fn a_log_of_tracker_control() {
    let log = "\"ID\",\"uid\",\"version\",\"protocol\",\"daddr\",\"dport\",\"time\",\"allowed\",\"sent\",\"received\",\"connections\"\n\
        \"1\",\"10123\",\"4\",\"6\",\"ads.example.net\",\"443\",\"1700000000000\",\"1\",\"-1\",\"-1\",\"3\"\n\
        \"2\",\"10123\",\"4\",\"6\",\"203.0.113.8\",\"80\",\"1700000002000\",\"1\",\"10\",\"20\",\"1\"\n";
    let facts = read(log.as_bytes()).unwrap();
    assert_eq!(
        (facts.origin, facts.contacts.len()),
        (Origin::TrackerControl, 2)
    );
    let found = contact(&facts, "ads.example.net");
    assert_eq!((found.bytes, found.messages), (None, [3, 0]));
    assert_eq!(facts.contacts[1].address, "203.0.113.8".parse().ok());
    assert_eq!(facts.contacts[1].bytes, Some([10, 20]));
}

#[test]
fn what_is_none_or_empty_or_damaged_says_so() {
    assert_eq!(read(b""), Err(LogError::Unknown));
    assert_eq!(read(b"an old letter"), Err(LogError::Unknown));
    let empty = read(br#"{"log": {"entries": []}}"#).unwrap_err();
    assert_eq!(
        empty.to_string(),
        "HAR: it holds no entry that could be read (0 could not be)"
    );
    let cut = read(&HAR.as_bytes()[..300]).unwrap_err().to_string();
    assert!(cut.starts_with("HAR, line 5, column "), "{cut}");
    // A mark of byte order in front is no damage.
    assert!(read(&[b"\xEF\xBB\xBF", HAR.as_bytes()].concat()).is_ok());
}

proptest! {
    #[test]
    fn any_change_of_any_log_is_read_or_refused(
        which in 0..FORMATS.len(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        cut in any::<prop::sample::Index>(),
    ) {
        let mut log = match which {
            0 => HAR.as_bytes().to_vec(),
            1 => mitmproxy(),
            2 => b"{\"domain\":\"a.example\",\"type\":\"networkActivity\",\"hits\":18446744073709551615}\n".repeat(2),
            3 => b"IPProto,DstIp,BytesSent,BytesRcvd\n6,203.0.113.1,18446744073709551615,1\n6,203.0.113.1,2,2\n".to_vec(),
            _ => b"daddr;time\n[2001:db8::1];1e400\nx;-1\n".to_vec(),
        };
        for (at, with) in changes {
            let at = at.index(log.len());
            log[at] = with;
        }
        log.truncate(cut.index(log.len() + 1));
        let _ = read(&log);
    }
}
