//! What the state machine has found, beside what it wants.

use crate::apart::Around;
use crate::policy::{Held, Policy};
use crate::{
    Graph, Hidden, Layer, LayerState, PersistedState, Proof, SourceStatus, Status, Verified, Wish,
};

impl Policy {
    /// Names of the sources that must be silent.
    pub(crate) fn covered(&self) -> impl Iterator<Item = &String> {
        let apart = self.keeps_apart();
        let covered = move |(name, held): &(&String, &Held)| {
            let excepted = self.kept.except.contains(*name) || self.apart.is_open(name);
            !held.source.monitor && !excepted && (apart || !held.source.silent)
        };
        self.held.iter().filter(covered).map(|(name, _)| name)
    }

    pub(crate) fn covered_held(&self) -> impl Iterator<Item = &Held> {
        self.covered().filter_map(|name| self.held.get(name))
    }

    /// Whether every source that must be silent has been recorded.
    pub fn is_proven(&self) -> bool {
        let mut kept = self.kept.clone();
        let settled = !self.keeps_apart() || self.apart.is_settled(&self.around(&mut kept));
        self.up
            && settled
            && self
                .covered_held()
                .all(|held| held.proof != Proof::Unproven)
    }

    /// Sources that are not as they were asked to be: number and name.
    pub fn pending(&self) -> Vec<(u32, String)> {
        let former = &self.kept.former;
        let pending = |name: &String, held: &Held| match self.kept.wish {
            Wish::Off => !held.closed && self.covered().any(|covered| covered == name),
            Wish::On => former.contains_key(name),
        };
        let held = self.held.iter();
        held.filter(|(name, held)| pending(name, held))
            .map(|(name, held)| (held.source.index, name.clone()))
            .collect()
    }

    /// Whether every source that is there has been seen with what it had before, and every stream is where
    /// it was.
    pub fn is_given_back(&self) -> bool {
        let former = &self.kept.former;
        let sources = !former.keys().any(|name| self.held.contains_key(name));
        let default = self.kept.default_source.is_none();
        !self.up || (sources && default && !self.wants_recordings())
    }

    pub(crate) fn around<'a>(&'a self, kept: &'a mut PersistedState) -> Around<'a> {
        Around {
            held: &self.held,
            kept,
            default: self.default.as_ref(),
        }
    }

    /// What is known of a source: of one that takes no mute, what it gave all the same.
    fn known(held: &Held) -> &Proof {
        match (&held.proof, &held.unmuted) {
            (Proof::Unproven, Some(unmuted)) if !held.closed => unmuted,
            (proof, _) => proof,
        }
    }

    fn hears(held: &Held) -> bool {
        matches!(Policy::known(held), Proof::Hears { .. })
    }

    /// What is found, beside what is wished.
    pub fn verified(&self) -> Verified {
        if self.kept.wish == Wish::On {
            return Verified::On;
        }
        let silent = |held: &Held| matches!(held.proof, Proof::Silent { .. } | Proof::NoSamples);
        if !self.captures.is_empty() || self.covered_held().any(Policy::hears) {
            return Verified::Hears;
        }
        let out_of_reach = self.all_sources().any(|source| source.is_out_of_reach());
        if !self.up || !self.covered_held().all(silent) || out_of_reach {
            return Verified::Unproven;
        }
        let excepted = self.all_sources().any(|source| source.except);
        match excepted || self.apart.any_open() {
            true => Verified::Partly,
            false => Verified::Off,
        }
    }

    fn hidden(&self) -> &[Hidden] {
        match &self.graph {
            Graph::Seen(hidden) if self.up => hidden,
            _ => &[],
        }
    }

    /// All sources, with what is known of them.
    fn all_sources(&self) -> impl Iterator<Item = SourceStatus> {
        let listed = self.held.iter().map(|(name, held)| SourceStatus {
            name: name.clone(),
            description: held.source.description.clone(),
            muted: held.source.muted,
            monitor: held.source.monitor,
            except: self.kept.except.contains(name),
            opened: self.apart.is_open(name),
            silent: held.source.silent,
            default: self.default.as_ref() == Some(name),
            recorded: held.source.recorded,
            hidden: false,
            contested: held.contested,
            proof: Policy::known(held).clone(),
        });
        let hidden = self.hidden().iter().map(|hidden| SourceStatus {
            name: hidden.name.clone(),
            description: hidden.description.clone(),
            muted: hidden.muted,
            monitor: false,
            except: self.kept.except.contains(&hidden.name),
            opened: false,
            silent: false,
            default: self.default.as_ref() == Some(&hidden.name),
            recorded: hidden.recorded,
            hidden: true,
            contested: 0,
            proof: Proof::Unproven,
        });
        listed.chain(hidden)
    }

    /// The whole state. Layers beyond the sound server are somebody else's to add.
    pub fn status(&self) -> Status {
        let covered = self.covered_held().filter(|held| !held.source.silent);
        let covered: Vec<&Held> = covered.collect();
        let closed = covered.iter().filter(|held| held.closed).count();
        let contested = || covered.iter().filter(|held| held.contested > 0);
        let off = self.kept.wish == Wish::Off;
        let heard = |held: &[&Held]| {
            let heard = held.iter().filter(|held| Policy::hears(held));
            let names: Vec<&str> = heard.map(|held| held.source.name.as_str()).collect();
            (!names.is_empty()).then(|| names.join(", "))
        };
        let mute = match (off, covered.len(), heard(&covered)) {
            (false, ..) => LayerState::NotUsed,
            (true, ..) if !self.up => LayerState::NothingThere,
            (true, 0, _) => LayerState::NothingThere,
            // Whatever the server says of it: a layer that something is heard through does not hold.
            (true, _, Some(sources)) => LayerState::Heard { sources },
            (true, n, None) if closed == n => LayerState::Holds { n },
            (true, n, None) => LayerState::Partly { n: closed, of: n },
        };
        let silenced: Vec<&Held> = contested().copied().collect();
        let volume = match (off && !silenced.is_empty(), heard(&silenced)) {
            (false, _) => LayerState::NotUsed,
            (true, Some(sources)) => LayerState::Heard { sources },
            (true, None) => LayerState::Holds { n: silenced.len() },
        };
        let mut kept = self.kept.clone();
        let around = self.around(&mut kept);
        let (streams, recordings) = match self.keeps_apart() {
            true => (self.apart.layer(&around), self.apart.status(&around)),
            false => (LayerState::NotUsed, Vec::new()),
        };
        Status {
            wish: self.kept.wish,
            verified: self.verified(),
            server: self.up,
            guarded: false,
            sources: self.all_sources().collect(),
            unlisted: match &self.graph {
                Graph::NotSeen { why } => Some(why.clone()),
                Graph::Whole | Graph::Seen(_) => None,
            },
            apps: self.kept.apps.iter().cloned().collect(),
            recordings,
            captures: self.captures.clone(),
            layers: [
                (Layer::SourceMute, mute),
                (Layer::Volume, volume),
                (Layer::Streams, streams),
            ]
            .into(),
        }
    }
}
