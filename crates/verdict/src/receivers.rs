//! Who receives what leaks, and which series are named.
//!
//! All by e-BH at one common time, the end of the run, at a false discovery rate of 1 %: first the
//! series, then the possible receivers (each flow, and the peer's output), whose e-value is the
//! weighted mean of their series' e-values.

use features::{Flow, Group, Series};
use record::{Phase, RemoteRole};

use crate::model::{Answer, Call, CallEvidence, CallReadBy, Destination, Finding, Hears, Process};
use crate::trial::Coded;
use crate::trials::Trials;
use crate::verdict::{Receiver, Verdict};

/// A series is worth showing from this evidence on, named or not: W of 10.
const SHOWN_LOG_E: f64 = std::f64::consts::LN_10;

/// Most findings that are shown.
const SHOWN_MAX: usize = 30;

/// Every series that was bet on, with the code whose coins it was held against, and its ln W.
fn hypotheses<'c>(trials: &'c Trials) -> Vec<(&'c Coded, &'c Series, f64)> {
    let of = |coded: &'c Coded| {
        let bet_on = coded
            .muted
            .series
            .iter()
            .zip(&coded.muted.evidence.series_log_e);
        bet_on.map(move |(&idx, &log_e)| (coded, &coded.table.features.series[idx], log_e))
    };
    trials.codes.iter().flat_map(of).collect()
}

/// The series that e-BH names.
pub(crate) fn named<'c>(trials: &'c Trials) -> Vec<(&'c Coded, &'c Series)> {
    let hypotheses = hypotheses(trials);
    let log_e: Vec<f64> = hypotheses.iter().map(|(.., log_e)| *log_e).collect();
    let named = stats::e_bh(&log_e, trials.fdr()).into_iter();
    named.map(|i| (hypotheses[i].0, hypotheses[i].1)).collect()
}

pub(crate) fn findings(trials: &Trials) -> Vec<Finding> {
    let hypotheses = hypotheses(trials);
    let log_e: Vec<f64> = hypotheses.iter().map(|(.., log_e)| *log_e).collect();
    let named = stats::e_bh(&log_e, trials.fdr());
    let mut order: Vec<usize> = (0..log_e.len()).collect();
    order.sort_by(|&a, &b| log_e[b].total_cmp(&log_e[a]));
    order.retain(|&i| log_e[i] >= SHOWN_LOG_E || named.contains(&i));
    order.truncate(SHOWN_MAX);
    let finding = |i: usize| {
        let (coded, series, log_e) = hypotheses[i];
        let table = &coded.table;
        let symbols = table.symbols(&table.key, Phase::Muted);
        let top = table.levels(trials.session) - 1;
        let here = &series.values[table.blocks(Phase::Muted)];
        let mean = |loud: bool| {
            let of = here.iter().zip(&symbols);
            let of = of.filter(|(_, symbol)| (**symbol == top) == loud);
            let values: Vec<f64> = of.filter_map(|(y, _)| y.as_ref().ok().copied()).collect();
            values.iter().sum::<f64>() / values.len().max(1) as f64
        };
        Finding {
            code: table.code,
            series: series.name.clone(),
            unit: series.unit.to_string(),
            log10_w: log_e / std::f64::consts::LN_10,
            mean_quiet: mean(false),
            mean_loud: mean(true),
            named: named.contains(&i),
        }
    };
    order.into_iter().map(finding).collect()
}

/// A flow's place among those of the fast code's blocks; the order differs between codes.
fn same_flow(trials: &Trials, flow: &Flow) -> Option<usize> {
    let same = |f: &Flow| (f.remote, f.transport) == (flow.remote, flow.transport);
    trials.features.flows.iter().position(same)
}

/// Who follows the muted microphone.
#[derive(Default)]
pub(crate) struct Followers {
    pub(crate) flows: Vec<usize>,
    pub(crate) peer_output: bool,
}

pub(crate) fn followers(trials: &Trials) -> Followers {
    let n_flows = trials.features.flows.len();
    // The peer's output last.
    let mut e_values: Vec<Vec<(f64, f64)>> = vec![Vec::new(); n_flows + 1];
    for (coded, series, log_e) in hypotheses(trials) {
        let place = match (series.group, series.flow) {
            (Group::PeerOutput, _) => Some(n_flows),
            (_, flow) => flow.and_then(|flow| same_flow(trials, &coded.table.features.flows[flow])),
        };
        if let Some(slot) = place.and_then(|place| e_values.get_mut(place)) {
            slot.push((coded.table.share * series.weight, log_e));
        }
    }
    let places: Vec<usize> = (0..=n_flows).filter(|&p| !e_values[p].is_empty()).collect();
    let log_e: Vec<f64> = places
        .iter()
        .map(|&p| stats::mixture_log_e(&e_values[p]))
        .collect();
    let named: Vec<usize> = stats::e_bh(&log_e, trials.fdr())
        .into_iter()
        .map(|i| places[i])
        .collect();
    Followers {
        peer_output: named.contains(&n_flows),
        flows: named.into_iter().filter(|&p| p < n_flows).collect(),
    }
}

fn receiver(role: RemoteRole) -> Receiver {
    match role {
        RemoteRole::Server => Receiver::OperatorServer,
        RemoteRole::Participant => Receiver::OtherParticipants,
        RemoteRole::ThirdParty => Receiver::ThirdParty,
    }
}

pub(crate) fn receivers(trials: &Trials, followers: &Followers) -> Vec<Receiver> {
    let flows = &trials.features.flows;
    let mut receivers: Vec<Receiver> = followers
        .flows
        .iter()
        .map(|&f| receiver(flows[f].role))
        .collect();
    if followers.peer_output {
        receivers.push(Receiver::OtherParticipants);
    }
    if receivers.is_empty() {
        // The leak was not isolated; but if everything went to one kind of place, it went there too.
        let sent = flows.iter().filter(|f| f.muted.packets_out > 0);
        let mut roles: Vec<Receiver> = sent.map(|f| receiver(f.role)).collect();
        roles.dedup();
        if roles.len() == 1 {
            receivers = roles;
        }
    }
    receivers.sort_unstable();
    receivers.dedup();
    receivers
}

pub(crate) fn hears(trials: &Trials, verdict: &Verdict) -> Hears {
    let received: &[Receiver] = match verdict {
        Verdict::Leaks { receivers, .. } => receivers,
        _ => &[],
    };
    let judged = matches!(
        verdict,
        Verdict::Leaks { .. } | Verdict::NoLeakSeen { .. } | Verdict::PartlySeen { .. }
    );
    let muted = trials.blocks(Phase::Muted);
    let watched = !muted.is_empty()
        && muted
            .clone()
            .all(|k| matches!(trials.features.packets_out.get(k), Some(Some(_))));
    let sent_to = |role: RemoteRole| {
        trials
            .features
            .flows
            .iter()
            .any(|f| f.role == role && f.muted.packets_out > 0)
    };
    let sent_at_all = trials
        .features
        .flows
        .iter()
        .any(|f| f.muted.packets_out > 0);
    let answer = |who: Receiver, sent: bool, observed: bool| {
        if received.contains(&who) {
            Answer::Yes
        } else if watched && !sent {
            Answer::NothingSent
        } else if judged && observed {
            Answer::NothingFound
        } else {
            Answer::Unknown
        }
    };
    let peer_recorded = muted
        .into_iter()
        .any(|k| matches!(trials.features.peer_dbfs.get(k), Some(Some(_))))
        && trials.control_peer.crossed();
    // Nothing found counts only where the control found something.
    let seen = trials.control_egress.crossed();
    Hears {
        // What a server passes on is only seen in the peer's output.
        other_participants: answer(Receiver::OtherParticipants, sent_at_all, peer_recorded),
        operator_server: answer(Receiver::OperatorServer, sent_to(RemoteRole::Server), seen),
        third_parties: answer(Receiver::ThirdParty, sent_to(RemoteRole::ThirdParty), seen),
    }
}

/// Who can read the call: by the flow that carried most of its sound in the control.
pub(crate) fn call(trials: &Trials) -> Call {
    let flows = trials.features.flows.iter();
    // Keys made by DTLS are for sound, whether or not its packets look like it.
    let media = flows.filter(|f| (f.is_rtp || f.dtls) && f.control.bytes_out > 0);
    let Some(flow) = media.max_by_key(|f| f.control.bytes_out) else {
        return Call {
            read_by: CallReadBy::Unknown,
            because: CallEvidence::NoRtp,
            at: None,
        };
    };
    let (read_by, because) = match (flow.clear_text, flow.dtls, flow.role) {
        (Some(features::ClearText::Sound), ..) => {
            (CallReadBy::AnyoneOnTheWay, CallEvidence::PlainRtp)
        }
        (_, true, RemoteRole::Server) => (CallReadBy::Server, CallEvidence::Dtls),
        (_, true, RemoteRole::Participant) => (CallReadBy::Participants, CallEvidence::Dtls),
        (_, true, RemoteRole::ThirdParty) => (CallReadBy::Unknown, CallEvidence::Dtls),
        (_, false, _) => (CallReadBy::Unknown, CallEvidence::KeysNotSeen),
    };
    Call {
        read_by,
        because,
        at: Some(format!("{} {}", flow.transport, flow.remote)),
    }
}

pub(crate) fn destinations(trials: &Trials, following: &[usize]) -> Vec<Destination> {
    let seconds = trials.muted_s().max(1e-9);
    let flows = trials
        .features
        .flows
        .iter()
        .enumerate()
        .filter(|(_, f)| f.muted.packets_out > 0);
    let mut out: Vec<(u64, Destination)> = flows
        .map(|(idx, flow)| {
            let sent = flow.muted.payload_bytes_out;
            let share = |read: u64| (sent > 0).then(|| read as f64 / sent as f64);
            let process = |owner: &features::Owner| Process {
                command: owner.command.clone(),
                pid: owner.pid,
            };
            let destination = Destination {
                remote: flow.remote.to_string(),
                name: flow.name.clone(),
                protocol: flow.transport.to_string(),
                role: flow.role,
                packets_per_s: flow.muted.packets_out as f64 / seconds,
                bytes_per_s: flow.muted.bytes_out as f64 / seconds,
                follows: following.contains(&idx),
                processes: flow.owners.iter().map(process).collect(),
                read_share: share(flow.muted.clear_bytes_out),
                read_before_encryption_share: share(flow.muted.tapped_bytes_out),
            };
            (flow.muted.bytes_out, destination)
        })
        .collect();
    out.sort_by_key(|(bytes, _)| std::cmp::Reverse(*bytes));
    out.into_iter()
        .map(|(_, destination)| destination)
        .collect()
}
