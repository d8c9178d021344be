use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::named::Code;

/// What a bundle says of itself before the first sound: written once, never changed.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema, Deserialize)]
pub struct Manifest {
    /// Version of the bundle's format; readers refuse a higher one.
    pub format: u32,
    /// Version of muteproof that recorded it.
    pub tool: String,
    /// Wall time at the start, RFC 3339, UTC.
    pub started: String,
    /// What was audited.
    pub subject: Subject,
    /// Where: one line each, e.g. `kernel` → `Linux 6.1.0`.
    pub host: Vec<(String, String)>,
    /// Name of the profile: `smoke`, `quick`, `standard`, `full`.
    pub profile: String,
    /// What is played and how blocks are cut.
    pub protocol: Protocol,
    /// SHA-256 of the seed, hexadecimal: fixed before the first sound.
    pub seed_sha256: String,
    /// Addresses on the stage.
    pub net: Net,
    /// What a person and their machine had to do with it; absent where the recipe did everything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub guided: Option<Guided>,
    /// Identifiers that were made up for this session and given to the app's side, by name and value: who looks
    /// for them in what left knows that they mean nobody.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub planted: Vec<(Identifier, String)>,
    /// The library whose recordings are played as activities; absent where none are, or generated ones.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub library: Option<Library>,
}

impl Manifest {
    /// The values that were planted.
    pub fn planted_values(&self) -> Vec<String> {
        self.planted
            .iter()
            .map(|(_, value)| value.clone())
            .collect()
    }
}

/// What an identifier that was planted stands for.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Identifier {
    /// The machine's name: `gethostname`, `/etc/hostname`.
    HostName,
    /// `/etc/machine-id`.
    MachineId,
    /// The person's name, as the account has it (`/etc/passwd`).
    RealName,
    /// The network interface's hardware address.
    Mac,
    /// `/etc/localtime` and `/etc/timezone`.
    TimeZone,
    /// Latitude and longitude, as GeoClue tells them on the system bus.
    Position,
    /// The mobile network's name (ModemManager).
    Carrier,
    /// The modem's own number (ModemManager).
    Phone,
    /// The name of the wireless network in use (NetworkManager).
    WifiName,
    /// The name of a paired device (BlueZ).
    BluetoothDevice,
    /// What the sound server calls its output.
    AudioDevice,
    /// The battery's charge in percent (UPower).
    Battery,
    /// The battery's serial number (UPower).
    BatterySerial,
    /// A disk's serial number (`/dev/disk/by-id`).
    DiskSerial,
    /// Somebody in the address book (`~/.local/share/contacts`).
    Contact,
    /// The person's e-mail address (`~/.gitconfig`).
    Email,
    /// The name of an installed font (`~/.local/share/fonts`).
    Font,
    /// Of a newer version.
    #[serde(other)]
    Unknown,
}

/// A library of labelled recordings. The recordings themselves are not in the bundle.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema, Deserialize)]
pub struct Library {
    /// SHA-256, hexadecimal, over its recordings: a line each of label, name and the SHA-256 of its
    /// files, parted by tabs.
    pub sha256: String,
    /// Whether its sounds were made by a generator.
    pub synthetic: bool,
    /// What is drawn from, in the order of the draw.
    pub labels: Vec<Label>,
}

/// One kind of sound.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema, Deserialize)]
pub struct Label {
    /// Its name.
    pub name: String,
    /// Recordings of it.
    pub sources: u32,
}

/// An audit in which a person joins, mutes and unmutes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema, Deserialize)]
pub struct Guided {
    /// What the recipe says of itself; absent where it was audited, or is of the person's own making.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<Status>,
    /// What joined the app to the outside network; absent where nothing did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outside: Option<String>,
    /// The operator's own domains: what is reached under such a name is the operator's server.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub domains: Vec<String>,
}

/// What a recipe says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema, Deserialize)]
pub enum Status {
    /// Written from public documents; nobody of ours has audited the app by it.
    #[serde(rename = "not audited by us")]
    NotAudited,
    /// The service is no longer there.
    #[serde(rename = "discontinued")]
    Discontinued,
}

/// The newest bundle format that this version writes and reads.
pub const BUNDLE_FORMAT: u32 = 1;

/// The app under audit.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema, Deserialize)]
pub struct Subject {
    /// The recipe's name, e.g. `mumble`.
    pub recipe: String,
    /// SHA-256 over the recipe's files, hexadecimal.
    pub recipe_sha256: String,
    /// The app's name for people, e.g. `Mumble, voice-activated`.
    pub title: String,
    /// Path of the audited binary.
    pub binary: String,
    /// SHA-256 of the audited binary, hexadecimal.
    pub binary_sha256: String,
    /// What the binary says of its own version, or its package's.
    pub version: String,
    /// Distribution packages and their versions.
    pub packages: Vec<(String, String)>,
    /// How mute was pressed and confirmed, one line, from the recipe.
    pub mute_way: String,
    /// The recipe's words in other languages, by their tags (`de`).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub called: BTreeMap<String, Called>,
}

/// A recipe's words in another language.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, JsonSchema, Deserialize)]
pub struct Called {
    /// The app's name for people; absent where it is the same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// How mute was pressed and confirmed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mute_way: Option<String>,
}

impl Subject {
    /// The title in a language, by its tag; the recipe's own where it has none in that.
    pub fn title_in(&self, language: &str) -> &str {
        let called = self.called.get(language);
        let title = called.and_then(|called| called.title.as_deref());
        title.unwrap_or(&self.title)
    }

    /// Likewise, how mute was pressed and confirmed.
    pub fn mute_way_in(&self, language: &str) -> &str {
        let called = self.called.get(language);
        let way = called.and_then(|called| called.mute_way.as_deref());
        way.unwrap_or(&self.mute_way)
    }
}

/// Addresses on the stage and who is behind them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema, Deserialize)]
pub struct Net {
    /// The audited app's addresses.
    pub app: Vec<String>,
    /// Known remote ends; whatever is not listed is a third party.
    pub remotes: Vec<Remote>,
    /// The operator's own domains: what is reached under such a name is the operator's server.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub domains: Vec<String>,
}

/// A known remote end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, JsonSchema, Deserialize)]
pub struct Remote {
    /// IP address.
    pub address: String,
    /// Port, or `None` for all ports of the address.
    pub port: Option<u16>,
    /// Who is there.
    pub role: RemoteRole,
}

/// Who is behind a remote address.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum RemoteRole {
    /// The operator's server (or one that the operator's software runs on).
    Server,
    /// Another participant's device, reached directly.
    Participant,
    /// Somebody else.
    ThirdParty,
    /// Whoever is on the same network: a broadcast, or a group of the local link.
    LocalNetwork,
}

/// A stretch of the session with one purpose.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Unmuted, with sound: does the instrument see this app's microphone at all?
    Control,
    /// Muted, with sound: does anything still depend on it?
    Muted,
}

/// What is played and how it is cut into blocks. All of it is public; the coins are not in it.
#[derive(Debug, Clone, PartialEq, Serialize, JsonSchema, Deserialize)]
pub struct Protocol {
    /// Version of the rules that make samples and coins out of a seed.
    pub version: u32,
    /// Samples a second of the (mono) stimulus.
    pub sample_rate_hz: u32,
    /// Number of symbols a block is drawn from.
    pub symbols: u32,
    /// Length of a block of the fast code.
    pub block_ns: u64,
    /// Blocks in the control phase.
    pub control_blocks: u32,
    /// Blocks in the muted phase.
    pub muted_blocks: u32,
    /// A block's window starts this long after its heard edge and ends this long after the next.
    pub guard_ns: u64,
    /// Level of the loudest symbol, dBFS RMS over a block.
    pub high_dbfs: f32,
    /// Level of the quietest symbol, dBFS RMS over a block.
    pub low_dbfs: f32,
    /// False-alarm rate of the whole audit.
    pub alpha: f64,
    /// Codes that run beside the fast one while muted, each on a time scale of its own. During the
    /// control they are held at their high symbol. Empty: the fast code plays alone.
    #[serde(default)]
    pub slower: Vec<SlowerCode>,
    /// Named activities at the end of the muted phase; their blocks are among `muted_blocks`.
    #[serde(default)]
    pub activities: Option<Activities>,
    /// Cycles of mute and unmute behind everything else; their blocks are among `muted_blocks`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub transitions: Option<Transitions>,
    /// What a person does in front of the machine, behind the muted phase. Empty: it was not asked about.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attention: Vec<Stretch>,
}

/// A stretch of time in which something else than the sound is drawn by a coin, one for each of its blocks.
///
/// It lies behind the muted phase: the app is muted, and the sound is quiet. That of [`Code::Picture`] is
/// played behind the control as well, while the camera is on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema, Deserialize)]
pub struct Stretch {
    /// What is drawn.
    pub code: Code,
    /// Length of its block, in blocks of the fast code.
    pub every: u32,
    /// Its blocks.
    pub blocks: u32,
}

impl Code {
    /// Whether it is about what a person does in front of the machine, and not about sound.
    pub fn is_attention(self) -> bool {
        matches!(
            self,
            Code::Focus | Code::Visibility | Code::Keys | Code::Picture
        )
    }
}

/// A stretch at the end of the muted phase in which the app is unmuted and muted again and again.
///
/// A cycle begins muted, with a sound that is loud or quiet by a coin; then it is quiet whatever the
/// coin, and the app is unmuted and muted again. What leaves right after a mute, and what leaves at
/// an unmute, is thus tested against a sound that only the muted microphone heard.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema, Deserialize)]
pub struct Transitions {
    /// Cycles.
    pub blocks: u32,
    /// Length of a cycle, in blocks of the fast code.
    pub every: u32,
    /// How long the sound lasts, likewise.
    pub sound: u32,
    /// When unmute is asked for, likewise, from the cycle's start.
    pub unmute_at: u32,
    /// When mute is asked for again.
    pub mute_at: u32,
}

/// A stretch of the muted phase in which everyday sounds play at their natural level, without any
/// code of gains: a coin a block draws one of two halves of them, and a fair draw one of that half.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema, Deserialize)]
pub struct Activities {
    /// Length of its block, in blocks of the fast code.
    pub every: u32,
    /// Its blocks.
    pub blocks: u32,
    /// How many sounds a half has: two of those that are generated, more where recordings play.
    #[serde(default = "generated", skip_serializing_if = "is_generated")]
    pub half: u32,
}

impl Activities {
    /// Half of the four generated ones.
    pub const GENERATED: u32 = 2;
}

fn generated() -> u32 {
    Activities::GENERATED
}

fn is_generated(half: &u32) -> bool {
    *half == Activities::GENERATED
}

/// A code beside the fast one, with a coin of its own for each of its blocks, or two.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, JsonSchema, Deserialize)]
pub struct SlowerCode {
    /// Which.
    pub code: Code,
    /// Length of its block, in blocks of the fast code.
    pub every: u32,
    /// How much lower everything is while its symbol is 0, dB. 0 for the content code, whose symbol
    /// chooses which of two sounds of equal loudness plays.
    pub step_db: f32,
    /// Number of its symbols: two, or four, of which each is two coins: twice the coarse one and a fine one.
    #[serde(default = "two", skip_serializing_if = "is_two")]
    pub symbols: u32,
}

impl SlowerCode {
    /// Where four nested symbols lie between the lowest level, 0, and the highest, 1: the inner ones are so near to
    /// the outer ones that the coarse coin's two levels stay apart.
    pub const NESTED: [f32; 4] = [0.0, 0.1, 0.9, 1.0];

    /// Number of its symbols; a damaged number is taken as two.
    pub fn levels(&self) -> u8 {
        match self.symbols {
            4 => 4,
            _ => 2,
        }
    }

    /// How much lower everything is while its symbol is this one, dB.
    pub fn lowered_db(&self, symbol: u8) -> f32 {
        let at = match self.levels() {
            4 => SlowerCode::NESTED[usize::from(symbol.min(3))],
            _ => f32::from(symbol.min(1)),
        };
        self.step_db * (1.0 - at)
    }
}

fn two() -> u32 {
    2
}

fn is_two(symbols: &u32) -> bool {
    *symbols == 2
}

impl Stretch {
    /// Behind which phases it is played.
    pub fn phases(&self) -> &'static [Phase] {
        match self.code {
            Code::Picture => &[Phase::Control, Phase::Muted],
            _ => &[Phase::Muted],
        }
    }
}

impl Protocol {
    /// How long all stretches last together, in blocks of the fast code.
    pub fn attention_blocks(&self) -> u32 {
        let long = |s: &Stretch| {
            let phases = s.phases().len() as u32;
            s.every.saturating_mul(s.blocks).saturating_mul(phases)
        };
        self.attention.iter().map(long).fold(0, u32::saturating_add)
    }

    /// Number of blocks in `phase`.
    pub fn blocks(&self, phase: Phase) -> u32 {
        match phase {
            Phase::Control => self.control_blocks,
            Phase::Muted => self.muted_blocks,
        }
    }

    /// Number of blocks in `phase` that have a coin of the fast code: all but the activities' and
    /// those of mute and unmute.
    pub fn coded_blocks(&self, phase: Phase) -> u32 {
        let activities = match (phase, self.activities) {
            (Phase::Muted, Some(a)) => a.every.saturating_mul(a.blocks),
            _ => 0,
        };
        self.steady_blocks(phase).saturating_sub(activities)
    }

    /// Number of blocks in `phase` before the first unmute: all but the transitions'.
    pub fn steady_blocks(&self, phase: Phase) -> u32 {
        let transitions = match (phase, self.transitions) {
            (Phase::Muted, Some(t)) => t.every.saturating_mul(t.blocks),
            _ => 0,
        };
        self.blocks(phase).saturating_sub(transitions)
    }
}
