//! The proof of silence would find sound if there were some.

mod session;

use mic::silence::listen;
use mic::sound::{Backend, Change, PulseServer};
use mic::{Places, SoundPlace};
use session::{KINDS, Session, until};
use switch::Proof;

fn place(session: &Session) -> SoundPlace {
    let run = session.path().as_os_str().to_owned();
    let set = |name: &str| ["XDG_RUNTIME_DIR", "HOME"].contains(&name);
    let places = Places::of(|name| set(name).then(|| run.clone()));
    places.unwrap().sound
}

fn mute(server: &mut PulseServer, index: u32, muted: bool) {
    let done = server.set(&[Change::Mute { index, muted }]);
    assert!(done.iter().all(Result::is_ok), "{done:?}");
}

#[test]
fn sound_is_heard_and_silence_is_proven() {
    for session in KINDS.into_iter().filter_map(Session::start) {
        let place = place(&session);
        let mut server = PulseServer::open(&place).unwrap();
        let sources = server.sources().unwrap().0;
        let index = sources.iter().find(|s| s.name == "mic1").unwrap().index;
        let open = listen(&place, index);
        let loud = |proof: &Proof| matches!(proof, Proof::Hears { peak } if *peak > 0.2);
        assert!(loud(&open), "{:?}: {open:?}", session.kind);
        mute(&mut server, index, true);
        let closed = listen(&place, index);
        let silent =
            |proof: &Proof| matches!(proof, Proof::Silent { samples } if *samples >= 9_600);
        assert!(silent(&closed), "{:?}: {closed:?}", session.kind);
        mute(&mut server, index, false);
        // PipeWire says that it is done before it is.
        until("it is heard again", || loud(&listen(&place, index)));
        let nobody = listen(&place, u32::MAX - 1);
        assert!(matches!(nobody, Proof::Failed { .. }), "{nobody:?}");
    }
}
