//! What a person does in front of the machine, by coins: another window in front, the app's window minimised, keys
//! pressed, a picture before the camera that moves.

use std::time::{Duration, Instant};

use record::{Body, Code, Phase, Player, Protocol, Source, Stretch};
use stage::clock::now;
use stage::screen::{Act, Person};
use stimulus::{Key, Seed};

use crate::event::Stop;
use crate::log::Log;
use crate::picture::Picture;
use crate::pump::Pump;

/// Keys that are pressed in a block, and the time between them: a person who types.
const KEYS: u32 = 10;
const KEY_EVERY: Duration = Duration::from_millis(120);

/// Time between stretches: what one of them caused is not taken for the next one's.
const BETWEEN: Duration = Duration::from_secs(2);

/// Who does it.
pub(crate) struct Attention {
    stretches: Vec<(Stretch, Key)>,
    block: Duration,
    person: Option<Person>,
    picture: Option<Picture>,
}

impl Attention {
    pub(crate) fn new(
        seed: &Seed,
        protocol: &Protocol,
        person: Option<Person>,
        picture: Option<Picture>,
    ) -> Attention {
        let keyed = |stretch: &Stretch| {
            let key = Key::of_code(seed, protocol, Player::Mic, stretch.code)?;
            Some((*stretch, key))
        };
        Attention {
            stretches: protocol.attention.iter().filter_map(keyed).collect(),
            block: Duration::from_nanos(protocol.block_ns),
            person,
            picture,
        }
    }

    /// Plays the stretches that lie behind a phase: behind the control only the picture's.
    pub(crate) fn play(&mut self, pump: &mut Pump, log: &Log, phase: Phase) -> Result<(), Stop> {
        let stretches = self.stretches.clone();
        for (stretch, key) in stretches
            .iter()
            .filter(|(s, _)| s.phases().contains(&phase))
        {
            pump.wait(BETWEEN)?;
            self.stretch(pump, log, phase, stretch, key)?;
        }
        Ok(())
    }

    fn stretch(
        &mut self,
        pump: &mut Pump,
        log: &Log,
        phase: Phase,
        stretch: &Stretch,
        key: &Key,
    ) -> Result<(), Stop> {
        let begun = self.begin(stretch.code);
        let len = self.block * stretch.every;
        let start = Instant::now();
        let until = |pump: &mut Pump, block: u32| {
            let left = (start + len * block).saturating_duration_since(Instant::now());
            pump.wait(left)
        };
        for block in 0..stretch.blocks {
            until(pump, block)?;
            let t = now();
            let on = key.symbol(phase, block) == Some(1);
            let done = match &begun {
                Ok(()) => self.present(pump, stretch.code, on)?,
                Err(why) => Err(why.clone()),
            };
            let body = Body::Attended {
                phase,
                code: stretch.code,
                block,
                failed: done.err(),
            };
            log.record(t, Source::Stage, body);
        }
        until(pump, stretch.blocks)?;
        self.end(stretch.code);
        Ok(())
    }

    fn begin(&mut self, code: Code) -> Result<(), String> {
        match code {
            Code::Focus | Code::Keys => self.act(Act::Open),
            _ => Ok(()),
        }
    }

    /// Does what a coin says; why that could not be done. It costs the same time either way.
    fn present(
        &mut self,
        pump: &mut Pump,
        code: Code,
        on: bool,
    ) -> Result<Result<(), String>, Stop> {
        Ok(match (code, on) {
            (Code::Focus, false) => self.act(Act::LookAway),
            (Code::Visibility, false) => self.act(Act::Minimise),
            (Code::Focus | Code::Visibility, true) => self.act(Act::LookBack),
            (Code::Keys, _) => {
                let mut done = Ok(());
                for _ in 0..KEYS {
                    if on {
                        done = done.and(self.act(Act::Press));
                    }
                    pump.wait(KEY_EVERY)?;
                }
                done
            }
            (Code::Picture, _) => match &mut self.picture {
                Some(picture) => picture.show(on).map_err(|e| format!("the picture: {e}")),
                None => Err("the recipe takes no picture from ${camera}".to_owned()),
            },
            _ => Err("this version does not know how".to_owned()),
        })
    }

    /// As it was before. What fails here is nothing that is judged.
    fn end(&mut self, code: Code) {
        let _ = match code {
            Code::Focus | Code::Keys => self.act(Act::Close),
            Code::Visibility => self.act(Act::LookBack),
            _ => Ok(()),
        };
        if let (Code::Picture, Some(picture)) = (code, &mut self.picture) {
            let _ = picture.show(false);
        }
    }

    fn act(&mut self, act: Act) -> Result<(), String> {
        match &mut self.person {
            Some(person) => person.act(act),
            None => Err("the stage has no display: the recipe does not ask for one".to_owned()),
        }
    }
}
