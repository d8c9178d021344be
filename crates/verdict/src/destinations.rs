//! Where bytes went while muted, and what is known of each.

use features::Flow;
use record::RemoteRole;

use crate::hears::Answers;
use crate::model::{Answer, Destination, Process};
use crate::trials::Trials;

/// The rows, by bytes; groups on the local link that nothing was found of are one.
pub(crate) fn destinations(
    trials: &Trials,
    following: &[usize],
    answers: &Answers,
) -> Vec<Destination> {
    let flows = trials.features.flows.iter().enumerate();
    let sent = flows.filter(|(_, flow)| flow.muted.packets_out > 0);
    let mut rows: Vec<Row> = Vec::new();
    for (idx, flow) in sent {
        let answer = match following.contains(&idx) {
            true => Answer::Yes,
            false => unnamed(trials, flow, answers),
        };
        let same = |row: &&mut Row| {
            flow.role == RemoteRole::LocalNetwork
                && row.flows[0].role == flow.role
                && row.answer == answer
        };
        match rows.iter_mut().find(same) {
            Some(row) => row.flows.push(flow),
            None => rows.push(Row {
                flows: vec![flow],
                answer,
            }),
        }
    }
    rows.sort_by_key(|row| std::cmp::Reverse(row.sum(|flow| flow.muted.bytes_out)));
    let seconds = trials.muted_s().max(1e-9);
    rows.iter().map(|row| row.destination(seconds)).collect()
}

/// The answer about a flow that the test did not name.
fn unnamed(trials: &Trials, flow: &Flow, answers: &Answers) -> Answer {
    let alike = trials.features.flows.iter();
    let alike = alike.filter(|f| f.role == flow.role && f.muted.packets_out > 0);
    match answers.of(flow.role) {
        // They received it; by which way is only known where there is one.
        Answer::Yes if alike.count() > 1 => Answer::Unknown,
        answer => answer,
    }
}

/// One row, and what it stands for: never nothing.
struct Row<'a> {
    flows: Vec<&'a Flow>,
    answer: Answer,
}

impl Row<'_> {
    fn sum(&self, of: fn(&Flow) -> u64) -> u64 {
        self.flows.iter().map(|flow| of(flow)).sum()
    }

    fn destination(&self, seconds: f64) -> Destination {
        let sent = self.sum(|flow| flow.muted.payload_bytes_out);
        let share = |of: u64| (sent > 0).then(|| of as f64 / sent as f64);
        let same_again = self.sum(|flow| flow.muted.same_again_bytes_out);
        let largest = self.flows.iter().max_by_key(|flow| flow.muted.bytes_out);
        let largest = largest.unwrap_or(&self.flows[0]);
        let mut processes: Vec<Process> = Vec::new();
        for owner in self.flows.iter().flat_map(|flow| &flow.owners) {
            let process = Process {
                command: owner.command.clone(),
                pid: owner.pid,
            };
            if !processes.contains(&process) {
                processes.push(process);
            }
        }
        Destination {
            remote: largest.remote.to_string(),
            name: largest.name.clone(),
            protocol: largest.transport.to_string(),
            role: largest.role,
            packets_per_s: self.sum(|flow| flow.muted.packets_out) as f64 / seconds,
            bytes_per_s: self.sum(|flow| flow.muted.bytes_out) as f64 / seconds,
            follows: self.answer == Answer::Yes,
            answer: self.answer,
            further: self.flows.len() as u32 - 1,
            processes,
            read_share: share(self.sum(|flow| flow.muted.clear_bytes_out)),
            read_before_encryption_share: share(self.sum(|flow| flow.muted.tapped_bytes_out)),
            same_again_share: share(same_again).filter(|_| same_again > 0),
        }
    }
}
