//! Who received what, which identifiers left, what listens and what stays.

use serde::Deserialize;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
pub struct Identifiers {
    looked_for: Vec<String>,
    escaped: Vec<Escaping>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
pub struct LeftOver {
    pub looked_after_quit: bool,
    pub listeners: Vec<Listens>,
    pub stayed: Vec<String>,
    pub removal: Option<Removed>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
pub struct Removed {
    packages: Vec<String>,
    failed: Vec<(String, String)>,
    looked: bool,
    files: Vec<StayingFile>,
    more: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
struct StayingFile {
    purpose: Purpose,
    path: String,
    how: record::Remains,
    bytes: u64,
}

#[derive(Deserialize)]
#[serde(tag = "is", rename_all = "snake_case", deny_unknown_fields)]
#[allow(dead_code)]
enum Purpose {
    Certificate,
    Autostart,
    UserUnit,
    SystemUnit,
    Cron,
    NativeMessaging,
    Browser,
    UrlHandler { schemes: Vec<String> },
    Home,
    Other,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
struct Escaping {
    canary: String,
    receiver: Option<String>,
    path: String,
    encoding: String,
    sure: bool,
    clear: Option<bool>,
    messages: u64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
pub struct Listens {
    protocol: String,
    address: String,
    reach: String,
    commands: Vec<String>,
    running: bool,
    after_quit: bool,
    pub website: [Option<Website>; 2],
}

#[derive(Deserialize)]
#[serde(tag = "is", rename_all = "snake_case", deny_unknown_fields)]
#[allow(dead_code)]
pub enum Website {
    Yes { by: Vec<String> },
    Perhaps,
    No,
    NotHttp,
    NoAnswer,
    NotAsked,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
pub struct WhoReceived {
    name: String,
    party: String,
    name_is_independent: bool,
    known: Vec<Known>,
    hosts: Vec<String>,
    addresses: Vec<std::net::IpAddr>,
    countries: Vec<String>,
    networks: Vec<String>,
    channels: Vec<Channel>,
    bytes: Option<[u64; 2]>,
    messages: [u64; 2],
    seconds: Option<[f64; 2]>,
    moments: Vec<String>,
    processes: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
struct Known {
    organisation: String,
    purposes: Vec<String>,
    source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(dead_code)]
struct Channel {
    is: String,
    version: Option<u16>,
}
