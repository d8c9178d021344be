//! Audits as evidence of a review.

use review::{Adequacy, Evidence, Seen};

use crate::error::Error;
use crate::judged::Judged;

impl Judged {
    /// What it says of everything that a review asks and an audit measures.
    pub fn evidence(&self, adequacy: &Adequacy) -> Result<Evidence, Error> {
        self.with_report(report::Maker::default(), |report| {
            let escaped: Option<Vec<_>> = report
                .identifiers
                .map(|all| all.escaped.iter().map(|one| one.what.clone()).collect());
            let seen = Seen {
                manifest: report.manifest,
                judgement: report.judgement,
                receivers: report.receivers,
                identifiers: escaped.as_deref(),
                leftovers: report.leftovers,
            };
            Ok(Evidence::of(
                report.bundle.name.to_owned(),
                report.bundle.seal_sha256.map(str::to_owned),
                &seen,
                adequacy,
            ))
        })
    }
}
