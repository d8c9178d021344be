//! Judgements for people and programs, and the catalogue of all words that muteproof says to people.
//!
//! A report is a pure function of a judgement, its manifest and what an attacker made of the same
//! bundle. The JSON is the second serialised
//! surface of muteproof (the first is the session log): it only grows, and a strict test guards
//! its shape. Everything else is prose and may change; every sentence of it, and of what the commands say,
//! is a message in `i18n/*.ftl`.
//!
//! Whatever the app or the network could have chosen (names, addresses, versions) is cleaned of
//! control characters before it is shown and escaped where it is embedded.
#![forbid(unsafe_code)]

mod attack;
mod attack_json;
mod attention;
mod audited;
mod changes;
mod clean;
mod combined;
mod compared;
mod destination;
mod doctor;
mod document;
mod dump;
mod error;
mod export;
mod export_against;
mod export_html;
mod flows;
mod flows_html;
mod formats;
mod guide;
mod har;
mod html;
mod i18n;
mod inspection;
mod json;
mod junit;
mod leftovers;
mod letter;
mod limits;
mod maker;
mod markdown;
mod message;
mod mic;
mod page;
mod phrase;
mod picture;
mod planned;
mod planned_json;
mod played;
mod points;
mod progress;
mod reasons;
mod recipes;
mod render;
mod review;
mod sarif;
mod schema;
mod sections;
mod series;
mod shapes;
mod svg;
mod table;
mod text;

pub use attack::{Attacked, Listed, Sent, Tried, attacked, confusion_picture, listed};
pub use attack_json::attacked_json;
pub use audited::audited;
pub use changes::changes;
pub use clean::{json as safe_json, printed};
pub use combined::{Combined, OneOf, combined, combined_json};
pub use compared::{Change, Compared, Comparison, Was, compared, compared_json};
pub use doctor::{Checked, Found, Lack, Looked, Mend, Wrong, able, doctor, purpose};
pub use document::{Block, Cell, Document, Table, Tone};
pub use dump::{Export, Told, export_of_a_tool, export_of_a_tool_json};
pub use error::RenderError;
pub use export::{
    CannotSay, ExportAgainst, ExportAnswer, ExportChecked, ExportClip, ExportOwner, ExportProblem,
    ExportVoice, Listen, NotDecided, OddWord, Undecided, WordKind, export_json, export_text,
};
pub use export_against::{export_against, export_against_html, export_against_json};
pub use export_html::export_html;
pub use flows::{Escaping, Flows, Identifiers, OnList, flows_json, flows_text};
pub use flows_html::flows_html;
pub use formats::{FORMATS, Format, Reader, after_audit, disclosure, format, sentence};
pub use guide::{Guide, guide};
pub use har::har;
pub use html::Html;
pub use i18n::Lang;
pub use inspection::{CaptureFile, Damage, Inspected, inspection, inspection_json};
pub use json::Json;
pub use maker::{Days, Maker};
pub use message::{Message, said};
pub use mic::{Menu, Mic, Seen, mic, mic_json};
pub use planned::{ByLength, Finished, finished, planned};
pub use planned_json::{finished_json, planned_json};
pub use played::{PlayPage, SoundFile, page_written, play_page, sound_file};
pub use progress::{Decided, Running, decided, running};
pub use recipes::{Listing, recipes, valid_recipe};
pub use render::{BundleInfo, Render, Report};
pub use review::{Asked, asked, asks, review, review_json};
pub use schema::SCHEMA;
pub use shapes::{SCHEMAS, Shape, shape};
pub use text::Text;
