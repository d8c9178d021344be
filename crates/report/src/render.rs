//! What a report is made from, and what a format has to do.

use dataflow::{Leftovers, Receiver};
use record::Manifest;
use verdict::Judgement;

use crate::attack::Tried;
use crate::error::RenderError;
use crate::flows::Identifiers;
use crate::i18n::Lang;
use crate::maker::Maker;

/// Everything a report is made from.
#[derive(Debug, Clone, Copy)]
pub struct Report<'a> {
    /// What the bundle says of itself.
    pub manifest: &'a Manifest,
    /// What was found.
    pub judgement: &'a Judgement,
    /// Where it was found.
    pub bundle: BundleInfo<'a>,
    /// Version of muteproof that judged.
    pub tool_version: &'a str,
    /// What was said to the maker, and what the maker said.
    pub maker: Maker<'a>,
    /// What an attacker made of what left while named activities were played; `None` where none were.
    /// It has a section of its own and no part in the verdict.
    pub attack: Option<&'a Tried>,
    /// Who received what, all of the session; `None` where packets were not kept.
    pub receivers: Option<&'a [Receiver]>,
    /// Identifiers that were planted for the session, and where they were found in what left; `None` where none
    /// were, or nothing of what left was kept.
    pub identifiers: Option<&'a Identifiers>,
    /// What the app had listen, and what stayed; `None` where nobody looked.
    pub leftovers: Option<&'a Leftovers>,
}

/// Which bundle a report is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BundleInfo<'a> {
    /// Name of its folder, without the path to it.
    pub name: &'a str,
    /// SHA-256 that the seal carries, hexadecimal.
    pub seal_sha256: Option<&'a str>,
    /// Whether it is sealed and the seal fits.
    pub sealed: bool,
}

/// One format of the report.
pub trait Render {
    /// The whole file. Fails only if muteproof's own messages or templates are at fault.
    fn render(&self, report: &Report, lang: Lang) -> Result<Vec<u8>, RenderError>;
}
