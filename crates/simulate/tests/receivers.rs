//! Each possible receiver gets an answer of its own, from what it receives.

use record::RemoteRole;
use simulate::{Microphone, Scene, Sends, scene};
use verdict::{
    Answer, ControlOf, Judgement, Note, Options, Reason, Receiver, Sealed, Verdict, judge,
};

fn judged(scene: Scene) -> Judgement {
    let recording = scene.record();
    let packets = recording.wire_packets();
    let session = features::Session {
        manifest: &recording.manifest,
        records: &recording.records,
        packets: &packets,
        keys: None,
    };
    let options = Options::default();
    judge(&session, &recording.seed, Sealed::Unchanged, &options)
}

/// Encrypted packets of one size, muted or not.
fn constant(seed: u64) -> Scene {
    scene(seed)
        .unmuted(Sends::Constant)
        .muted(Sends::Constant, Microphone::Running)
}

fn receivers(judgement: &Judgement) -> &[Receiver] {
    match &judgement.verdict {
        Verdict::Leaks { receivers, .. } => receivers,
        other => panic!("{other:?}"),
    }
}

/// The highest W of a control, and what it needed, as powers of ten.
fn control(judgement: &Judgement, of: ControlOf) -> Option<(f64, f64)> {
    let control = judgement.controls.iter().find(|c| c.of == of)?;
    Some((control.test.log10_w_max, control.test.log10_needed))
}

#[test]
fn the_peers_control_answers_for_the_participants_and_for_nobody_else() {
    let judgement = judged(constant(40));
    let Verdict::Inconclusive { reasons } = &judgement.verdict else {
        panic!("{:?}", judgement.verdict)
    };
    let [Reason::ControlSilent { evidence, needed }] = reasons[..] else {
        panic!("{reasons:?}")
    };
    let hears = judgement.hears;
    assert_eq!(hears.other_participants, Answer::NothingFound);
    assert_eq!(hears.operator_server, Answer::Unknown);
    assert_eq!(hears.third_parties, Answer::NothingSent);
    // What the reason says is what stands beside the control that decided.
    let (w, log10_needed) = control(&judgement, ControlOf::Packets).unwrap();
    assert!((w - evidence.log10()).abs() < 1e-9 && (log10_needed - needed.log10()).abs() < 1e-9);
    assert!(w < log10_needed);
    let (w, log10_needed) = control(&judgement, ControlOf::PeerOutput).unwrap();
    assert!(w >= log10_needed);
    // Where nothing goes to anybody else, every receiver has an answer.
    let judgement = judged(constant(40).to(RemoteRole::Participant));
    assert!(matches!(judgement.verdict, Verdict::PartlySeen { .. }));
    assert_eq!(judgement.hears.other_participants, Answer::NothingFound);
    assert_eq!(judgement.hears.operator_server, Answer::NothingSent);
    assert!(judgement.notes.contains(&Note::ControlByPeerOnly));
    // Nobody recorded it: then it is no answer for anybody.
    let judgement = judged(constant(40).without_peer());
    assert_eq!(judgement.hears.other_participants, Answer::Unknown);
    assert_eq!(control(&judgement, ControlOf::PeerOutput), None);
}

#[test]
fn what_a_participant_behind_the_server_hears_the_server_had() {
    let judgement = judged(constant(41).peer_hears_all().announces(3));
    let both = [Receiver::OtherParticipants, Receiver::OperatorServer];
    assert_eq!(receivers(&judgement), both);
    assert_eq!(judgement.hears.operator_server, Answer::Yes);
    let rows = &judgement.destinations;
    let answer = |role| rows.iter().find(|d| d.role == role).unwrap().answer;
    assert_eq!(answer(RemoteRole::Server), Answer::Yes);
    assert_eq!(answer(RemoteRole::LocalNetwork), Answer::Unknown);
    // Where it goes to the participant itself no server has it.
    let judgement = judged(constant(41).peer_hears_all().to(RemoteRole::Participant));
    assert_eq!(receivers(&judgement), [Receiver::OtherParticipants]);
    assert_eq!(judgement.hears.operator_server, Answer::NothingSent);
}

#[test]
fn the_same_bytes_again_are_read_as_such() {
    let judgement = judged(
        scene(42)
            .unmuted(Sends::Constant)
            .muted(Sends::Template, Microphone::Running),
    );
    assert_eq!(judgement.opaque_bytes_per_min, 0.0);
    assert_eq!(judgement.hears.operator_server, Answer::NothingFound);
    assert_eq!(judgement.hears.other_participants, Answer::NothingFound);
    let same = judgement.notes.iter().find_map(|note| match note {
        Note::SameAgain { share, unmuted, .. } => Some((*share, *unmuted)),
        _ => None,
    });
    assert_eq!(same, Some((1.0, 0.0)));
    assert_eq!(judgement.destinations[0].same_again_share, Some(1.0));
    let opaque = Verdict::PartlySeen {
        opaque_bytes_per_min: 0.0,
    };
    assert_eq!(judgement.verdict, opaque);
}

/// A counter that does not go on as before may say anything.
#[test]
fn a_counter_with_two_steps_is_not_the_same_again() {
    let judgement = judged(
        scene(43)
            .unmuted(Sends::Constant)
            .muted(Sends::SteppedTemplate, Microphone::Running),
    );
    assert!(judgement.opaque_bytes_per_min > 1_000.0);
    assert_eq!(judgement.hears.operator_server, Answer::Unknown);
}

#[test]
fn announcements_on_the_local_link_are_one_row_and_no_third_parties() {
    let judgement = judged(scene(44).announces(50));
    assert_eq!(judgement.hears.third_parties, Answer::NothingSent);
    assert_eq!(judgement.hears.local_network, Some(Answer::NothingFound));
    let rows: Vec<_> = judgement
        .destinations
        .iter()
        .filter(|d| d.role == RemoteRole::LocalNetwork)
        .collect();
    let [row] = rows[..] else { panic!("{rows:?}") };
    assert_eq!(row.further, 49);
    assert_eq!(judged(scene(44)).hears.local_network, None);
}

/// A button that asks somebody else: who refuses is named, and what was found stays what it is.
#[test]
fn who_was_asked_to_mute_and_refused_is_named() {
    let leaking = || scene(45).muted(Sends::Level, Microphone::Running);
    let judgement = judged(leaking().delegates(false));
    assert!(matches!(judgement.verdict, Verdict::Leaks { .. }));
    let refused = Note::MuteRefused {
        service: "org.example.CallAudio".into(),
        method: "org.example.CallAudio.MuteMic".into(),
        why: None,
    };
    assert!(judgement.notes.contains(&refused), "{:?}", judgement.notes);
    let asked = |note: &Note| {
        matches!(
            note,
            Note::MuteRefused { .. } | Note::MuteDelegated { .. } | Note::MutedAtServer { .. }
        )
    };
    let muted = judged(scene(46).delegates(true));
    let said: Vec<_> = muted.notes.iter().filter(|n| asked(n)).collect();
    assert!(
        matches!(
            said[..],
            [Note::MuteDelegated { .. }, Note::MutedAtServer { .. }]
        ),
        "{said:?}"
    );
    assert!(!judged(leaking()).notes.iter().any(asked));
}
