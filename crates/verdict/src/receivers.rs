//! Who receives what leaks, and which series are named.
//!
//! All by e-BH at one common time, the end of the run, at a false discovery rate of 1 %: first the
//! series, then the possible receivers (each flow, and the peer's output), whose e-value is the
//! weighted mean of their series' e-values.

use features::{Flow, Group, Series};
use record::{Code, Phase, RemoteRole};

use crate::model::{Call, CallEvidence, CallReadBy, Finding};
use crate::trial::Coded;
use crate::trials::Trials;
use crate::verdict::Receiver;

/// A series is worth showing from this evidence on, named or not: W of 10.
const SHOWN_LOG_E: f64 = std::f64::consts::LN_10;

/// Most findings that are shown.
const SHOWN_MAX: usize = 30;

/// Every series that was bet on, with the code whose coins it was held against, and its ln W.
fn hypotheses(codes: &[Coded]) -> Vec<(&Coded, &Series, f64)> {
    fn of(coded: &Coded) -> impl Iterator<Item = (&Coded, &Series, f64)> {
        let bet_on = coded
            .muted
            .series
            .iter()
            .zip(&coded.muted.evidence.series_log_e);
        bet_on.map(move |(&idx, &log_e)| (coded, &coded.table.features.series[idx], log_e))
    }
    codes.iter().flat_map(of).collect()
}

/// The series that e-BH names.
pub(crate) fn named<'c>(trials: &'c Trials) -> Vec<(&'c Coded, &'c Series)> {
    let hypotheses = hypotheses(&trials.codes);
    let log_e: Vec<f64> = hypotheses.iter().map(|(.., log_e)| *log_e).collect();
    let named = stats::e_bh(&log_e, trials.fdr()).into_iter();
    named.map(|i| (hypotheses[i].0, hypotheses[i].1)).collect()
}

pub(crate) fn findings(trials: &Trials) -> Vec<Finding> {
    findings_of(trials, &trials.codes)
}

/// Findings among some codes.
pub(crate) fn findings_of(trials: &Trials, codes: &[Coded]) -> Vec<Finding> {
    let hypotheses = hypotheses(codes);
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
        // Of the slow code's four levels the upper two are as good as one.
        let is_loud = |symbol: u8| match table.code {
            Code::Slow => table.loud(trials.session, symbol) > 0.5,
            _ => symbol == top,
        };
        let here = &series.values[table.blocks(Phase::Muted)];
        let mean = |loud: bool| {
            let of = here.iter().zip(&symbols);
            let of = of.filter(|(_, symbol)| is_loud(**symbol) == loud);
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
    for (coded, series, log_e) in hypotheses(&trials.codes) {
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

pub(crate) fn receiver(role: RemoteRole) -> Receiver {
    match role {
        RemoteRole::LocalNetwork => Receiver::LocalNetwork,
        RemoteRole::Server => Receiver::OperatorServer,
        RemoteRole::Participant => Receiver::OtherParticipants,
        RemoteRole::ThirdParty => Receiver::ThirdParty,
    }
}

/// Who received it. What a participant heard went through whatever lies between the two: where everything
/// that left went to the operator's server, the server had it first.
pub(crate) fn receivers(trials: &Trials, followers: &Followers) -> Vec<Receiver> {
    let flows = &trials.features.flows;
    let of = |f: &usize| receiver(flows[*f].role);
    let mut receivers: Vec<Receiver> = followers.flows.iter().map(of).collect();
    let sent = flows.iter().filter(|f| f.muted.packets_out > 0);
    let mut sent_to: Vec<Receiver> = sent.map(|f| receiver(f.role)).collect();
    sent_to.sort_unstable();
    sent_to.dedup();
    if followers.peer_output {
        receivers.push(Receiver::OtherParticipants);
        // What is sent to all on the link stays there.
        let far = || sent_to.iter().filter(|r| **r != Receiver::LocalNetwork);
        if trials.packets_watched() && far().eq([&Receiver::OperatorServer]) {
            receivers.push(Receiver::OperatorServer);
        }
    }
    if receivers.is_empty() && sent_to.len() == 1 {
        // The leak was not isolated; but if everything went to one kind of place, it went there too.
        receivers = sent_to;
    }
    receivers.sort_unstable();
    receivers.dedup();
    receivers
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
        (_, true, RemoteRole::ThirdParty | RemoteRole::LocalNetwork) => {
            (CallReadBy::Unknown, CallEvidence::Dtls)
        }
        (_, false, _) => (CallReadBy::Unknown, CallEvidence::KeysNotSeen),
    };
    Call {
        read_by,
        because,
        at: Some(format!("{} {}", flow.transport, flow.remote)),
    }
}
