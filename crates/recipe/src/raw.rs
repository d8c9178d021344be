//! A recipe as it is typed, before it is checked.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use crate::model::{App, Called, Remote, Status};
use crate::steps::RawStep;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Raw {
    pub(crate) title: String,
    #[serde(default)]
    pub(crate) called: BTreeMap<String, Called>,
    pub(crate) status: Option<Status>,
    #[serde(default)]
    pub(crate) vars: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) variant: BTreeMap<String, RawVariant>,
    pub(crate) app: Spanned<App>,
    #[serde(default)]
    pub(crate) remote: Vec<Remote>,
    #[serde(default)]
    pub(crate) setup: Vec<Spanned<RawStep>>,
    pub(crate) launch: Vec<Spanned<RawStep>>,
    #[serde(default)]
    pub(crate) join: Vec<Spanned<RawStep>>,
    #[serde(default)]
    pub(crate) consent: Vec<Spanned<RawStep>>,
    #[serde(default)]
    pub(crate) login: Vec<Spanned<RawStep>>,
    #[serde(default)]
    pub(crate) camera_off: Vec<Spanned<RawStep>>,
    pub(crate) mute: Vec<Spanned<RawStep>>,
    #[serde(default)]
    pub(crate) unmute: Vec<Spanned<RawStep>>,
    #[serde(default)]
    pub(crate) quit: Vec<Spanned<RawStep>>,
    pub(crate) confirm: Spanned<RawStep>,
    #[serde(default)]
    pub(crate) also: Vec<Spanned<RawStep>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct RawVariant {
    pub(crate) title: String,
    pub(crate) mute_way: Option<String>,
    #[serde(default)]
    pub(crate) called: BTreeMap<String, Called>,
    #[serde(default)]
    pub(crate) vars: BTreeMap<String, String>,
    #[serde(default)]
    pub(crate) mute: Vec<Spanned<RawStep>>,
    #[serde(default)]
    pub(crate) unmute: Vec<Spanned<RawStep>>,
}

impl Raw {
    /// Becomes one of its variants.
    pub(crate) fn take(&mut self, variant: RawVariant) {
        self.title = variant.title;
        // The other titles are of the recipe without its variants, and so is a way of muting that it replaces.
        for called in self.called.values_mut() {
            called.title = None;
            called.mute_way.take_if(|_| variant.mute_way.is_some());
        }
        for (language, called) in variant.called {
            let known = self.called.entry(language).or_default();
            known.title = called.title;
            known.mute_way = called.mute_way.or_else(|| known.mute_way.take());
        }
        self.vars.extend(variant.vars);
        if let Some(way) = variant.mute_way {
            self.app.get_mut().mute_way = way;
        }
        for (own, of_recipe) in [
            (variant.mute, &mut self.mute),
            (variant.unmute, &mut self.unmute),
        ] {
            if !own.is_empty() {
                *of_recipe = own;
            }
        }
    }
}
