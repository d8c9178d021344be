//! The report as JUnit's XML, for CI that counts tests: one test for each point.

use quick_junit::{NonSuccessKind, Report as Junit, TestCase, TestCaseStatus, TestSuite};

use crate::clean;
use crate::error::RenderError;
use crate::i18n::{Lang, Words};
use crate::points::{Outcome, Point, points};
use crate::render::{Render, Report};

/// JUnit's XML.
#[derive(Debug, Clone, Copy)]
pub struct JUnit;

impl Render for JUnit {
    fn render(&self, report: &Report, lang: Lang) -> Result<Vec<u8>, RenderError> {
        let words = Words::new(lang)?;
        let mut suite = TestSuite::new(clean::line(&report.manifest.subject.recipe));
        for point in points(&words, report) {
            suite.add_test_case(case(&point));
        }
        let mut junit = Junit::new("muteproof");
        junit.add_test_suite(suite);
        let xml = junit
            .to_string()
            .map_err(|e| RenderError::Xml(e.to_string()))?;
        words.done(xml.into_bytes())
    }
}

fn case(point: &Point) -> TestCase {
    let said = point.said.join("\n");
    let first = point.said.first().cloned().unwrap_or_default();
    let status = match point.outcome {
        Outcome::Passed | Outcome::Remarked => TestCaseStatus::success(),
        Outcome::Failed => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            status.set_message(first).set_description(said.clone());
            status
        }
        Outcome::Skipped => {
            let mut status = TestCaseStatus::skipped();
            status.set_message(first);
            status
        }
    };
    let name = match point.key.is_empty() {
        true => point.rule.to_owned(),
        false => format!("{} ({})", point.rule, point.key),
    };
    let mut case = TestCase::new(name, status);
    case.set_classname("muteproof");
    if point.outcome == Outcome::Remarked {
        case.set_system_out(said);
    }
    case
}
