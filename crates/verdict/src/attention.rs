//! Whether anything that leaves follows what the person does in front of the machine.

use features::{Group, Session};
use record::{Body, Code, Phase};
use stimulus::Seed;

use crate::attended::Attended;
use crate::error_rates::MIN_BLOCKS;
use crate::model::{AttentionAnswer, AttentionTest};
use crate::receivers::{findings_of, receiver};
use crate::trial::{Trial, lost_blocks};
use crate::trials::Trials;
use crate::verdict::Receiver;

/// What all stretches of a session say, by themselves.
pub fn attention_alone(session: &Session, seed: &Seed) -> Vec<AttentionTest> {
    attention(&Trials::new(session, seed, None))
}

/// What all stretches say.
pub(crate) fn attention(trials: &Trials) -> Vec<AttentionTest> {
    trials.attention.iter().map(|a| said(trials, a)).collect()
}

fn said(trials: &Trials, attended: &Attended) -> AttentionTest {
    let coded = &attended.coded;
    let (session, table) = (trials.session, &coded.table);
    let decided = coded.charged.as_ref().unwrap_or(&coded.muted);
    let blocks = table.blocks(Phase::Muted);
    let lost = match table.not_kept {
        true => blocks.len() as u32,
        false => lost_blocks(&table.features, &blocks).max(undone(session, table.code).0),
    };
    let answer = match coded.muted.crossed() && decided.crossed() {
        true => AttentionAnswer::Follows,
        false if (blocks.len() as u32).saturating_sub(lost) < MIN_BLOCKS => {
            AttentionAnswer::Unknown
        }
        // A picture that nobody sees while the camera is on says nothing of when it is off.
        false
            if table.code == Code::Picture
                && !attended.control.as_ref().is_some_and(Trial::crossed) =>
        {
            AttentionAnswer::Unknown
        }
        false => AttentionAnswer::NothingFound,
    };
    let findings = match answer {
        AttentionAnswer::Follows => findings_of(trials, std::slice::from_ref(coded)),
        AttentionAnswer::NothingFound | AttentionAnswer::Unknown => Vec::new(),
    };
    let mut receivers: Vec<Receiver> = findings
        .iter()
        .filter(|finding| finding.named)
        .filter_map(|finding| {
            let mut all = table.features.series.iter();
            let series = all.find(|series| series.name == finding.series)?;
            match (series.group, series.flow) {
                (Group::PeerOutput, _) => Some(Receiver::OtherParticipants),
                (_, flow) => Some(receiver(table.features.flows.get(flow?)?.role)),
            }
        })
        .collect();
    receivers.sort_unstable();
    receivers.dedup();
    let every = session.manifest.protocol.attention.iter();
    let every = every.filter(|s| s.code == table.code).map(|s| s.every);
    let block_ns = session.manifest.protocol.block_ns as f64;
    AttentionTest {
        code: table.code,
        block_s: block_ns / 1e9 * f64::from(every.max().unwrap_or(1)),
        answer,
        test: decided.test(),
        lost,
        why: undone(session, table.code).1,
        control: attended.control.as_ref().map(Trial::test),
        findings,
        receivers,
    }
}

/// In how many blocks behind the muted phase it could not be done, and why the first time.
fn undone(session: &Session, code: Code) -> (u32, Option<String>) {
    let why = session.records.iter().filter_map(|r| match &r.body {
        Body::Attended {
            phase: Phase::Muted,
            code: of,
            failed: Some(why),
            ..
        } if *of == code => Some(why),
        _ => None,
    });
    let why: Vec<&String> = why.collect();
    (why.len() as u32, why.first().map(|why| (*why).clone()))
}
