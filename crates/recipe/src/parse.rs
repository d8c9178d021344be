//! From TOML to [`Recipe`]; every error with its place.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

use toml::Spanned;

use crate::model::*;
use crate::raw::Raw;
use crate::steps::{Complaint, RawStep};
use crate::strict;

/// What is wrong with a recipe, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecipeError {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// What is wrong.
    pub what: String,
    /// What to do about it, where that is known.
    pub try_this: Option<String>,
}

impl fmt::Display for RecipeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "line {}, column {}: {}",
            self.line, self.column, self.what
        )?;
        match &self.try_this {
            Some(hint) => write!(f, "; {hint}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for RecipeError {}

/// Parses and validates a recipe.
pub fn parse(text: &str) -> Result<Recipe, Vec<RecipeError>> {
    parse_variant(text, None)
}

/// Parses and validates a variant of a recipe: with its title, its values and its own steps.
pub fn parse_variant(text: &str, variant: Option<&str>) -> Result<Recipe, Vec<RecipeError>> {
    if text.len() > strict::TEXT_MAX {
        let what = format!("longer than {} bytes", strict::TEXT_MAX);
        return Err(vec![at(text, 0..0, what, None)]);
    }
    let mut raw: Raw = toml::from_str(text).map_err(|e| vec![from_toml(text, &e)])?;
    let variants = raw.variant.iter();
    let variants = variants.map(|(name, v)| (name.clone(), v.title.clone()));
    let variants: BTreeMap<String, String> = variants.collect();
    let refused = |(what, hint)| vec![at(text, 0..0, what, hint)];
    for variant in raw.variant.values() {
        strict::variables(&variant.vars).map_err(refused)?;
    }
    if let Some(name) = variant {
        let Some(variant) = raw.variant.remove(name) else {
            let what = format!("there is no variant `{name}`");
            let near = nearest(name, variants.keys().map(String::as_str));
            return Err(vec![at(text, 0..0, what, near)]);
        };
        raw.take(variant);
    }
    let mut errors = Vec::new();
    let mut steps = |part: Vec<Spanned<RawStep>>| -> Vec<Step> {
        part.into_iter()
            .filter_map(|step| {
                let span = step.span();
                match step.into_inner().checked() {
                    Ok(step) => Some(step),
                    Err((what, hint)) => {
                        errors.push(at(text, span, what, hint));
                        None
                    }
                }
            })
            .collect()
    };
    let (setup, launch) = (steps(raw.setup), steps(raw.launch));
    let (join, mute) = (steps(raw.join), steps(raw.mute));
    let (unmute, quit) = (steps(raw.unmute), steps(raw.quit));
    let camera_off = steps(raw.camera_off);
    let (consent, login) = (steps(raw.consent), steps(raw.login));
    // Those that were not asked for have to be right as well.
    for variant in raw.variant.into_values() {
        steps(variant.mute);
        steps(variant.unmute);
    }
    let confirm_span = raw.confirm.span();
    let confirm = raw.confirm.into_inner().confirming();
    let confirm = confirm.map_err(|(what, hint)| errors.push(at(text, confirm_span, what, hint)));
    let mut also = Vec::new();
    for word in raw.also {
        let span = word.span();
        match word.into_inner().confirming() {
            Ok(Confirm::App(asking)) => also.push(*asking),
            Ok(Confirm::Person(_)) => {
                let what = "`also` asks the app, and no person".to_owned();
                errors.push(at(text, span, what, None));
            }
            Err((what, hint)) => errors.push(at(text, span, what, hint)),
        }
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    let Ok(confirm) = confirm else {
        return Err(errors);
    };
    let (title, app, remote) = (raw.title, raw.app.into_inner(), raw.remote);
    let recipe = Recipe {
        title,
        called: raw.called,
        status: raw.status,
        app,
        remote,
        vars: raw.vars,
        variants,
        setup,
        launch,
        join,
        consent,
        login,
        camera_off,
        mute,
        unmute,
        quit,
        confirm,
        also,
    };
    strict::check(&recipe)
        .and_then(|()| cross_checks(&recipe))
        .map_err(refused)?;
    Ok(recipe)
}

/// What a single step cannot know.
fn cross_checks(recipe: &Recipe) -> Result<(), Complaint> {
    if recipe.launch.is_empty() || recipe.mute.is_empty() {
        return Err((
            "`launch` and `mute` need at least one step each".into(),
            None,
        ));
    }
    let of_etc = recipe.app.etc.iter();
    if let Some(name) = of_etc
        .into_iter()
        .find(|name| !crate::may_show_of_etc(name))
    {
        return Err((
            format!("`etc` may not show `{name}`"),
            Some(
                "name files or folders below /etc that hold no secrets, such as \"chromium.d\""
                    .into(),
            ),
        ));
    }
    let started: Vec<&str> = recipe
        .parts()
        .iter()
        .flat_map(|(_, steps)| steps.iter())
        .filter_map(|step| step.action.starts())
        .collect();
    let known = |name: &str, by: &str| match started.contains(&name) {
        true => Ok(()),
        false => Err((
            format!("{by} names the program `{name}`, which no step starts"),
            nearest(name, started.iter().copied()),
        )),
    };
    known(&recipe.app.process, "`app.process`")?;
    let all = recipe
        .parts()
        .into_iter()
        .flat_map(|(_, steps)| steps.iter());
    match &recipe.confirm {
        Confirm::Person(_) if !recipe.also.is_empty() => {
            let what = "`also` stands beside a `confirm` that asks the app".to_owned();
            return Err((what, None));
        }
        Confirm::Person(_) if !recipe.app.guided => {
            return Err(needs_a_person("`confirm` by `ask`"));
        }
        _ => {}
    }
    for step in all.chain(recipe.asked().map(|asking| &asking.ask)) {
        if let Some((of, key)) = step.action.is_about() {
            known(of, &format!("a `{key}` step"))?;
        }
        match &step.action {
            Action::Ask(_) if !recipe.app.guided => {
                return Err(needs_a_person(&format!("the step `{step}`")));
            }
            action if shows(action) && !recipe.app.window && !recipe.app.guided => {
                let what = format!("the step `{step}` needs a display");
                return Err((what, Some("set `window = true` under `[app]`".into())));
            }
            _ => {}
        }
    }
    Ok(())
}

/// Whether an action needs a display.
fn shows(action: &Action) -> bool {
    let by_place = matches!(
        action,
        Action::Key { .. } | Action::Click { .. } | Action::WaitWindow(_)
    );
    by_place || !action.selectors().is_empty()
}

fn needs_a_person(what: &str) -> Complaint {
    let hint = "set `guided = true` under `[app]`".to_owned();
    (format!("{what} needs a person"), Some(hint))
}

pub(crate) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    known
        .map(|k| (strsim::damerau_levenshtein(name, k), k))
        .filter(|(distance, k)| *distance <= 1 + k.len() / 3)
        .min()
        .map(|(_, k)| format!("did you mean `{k}`?"))
}

/// A TOML error with its place, and a suggestion where it names an unknown key.
fn from_toml(text: &str, e: &toml::de::Error) -> RecipeError {
    let message = e.message().to_owned();
    let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
    let hint = match quoted.split_first() {
        Some((unknown, known)) if message.starts_with("unknown") => {
            nearest(unknown, known.iter().copied())
        }
        _ => None,
    };
    at(text, e.span().unwrap_or(0..0), message, hint)
}

pub(crate) fn at(
    text: &str,
    span: Range<usize>,
    what: String,
    try_this: Option<String>,
) -> RecipeError {
    // Spans come from the parser; clamp to a character boundary all the same.
    let mut start = span.start.min(text.len());
    while !text.is_char_boundary(start) {
        start -= 1;
    }
    let before = &text[..start];
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
    RecipeError {
        line,
        column,
        what,
        try_this,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::steps::ASK_TIMEOUT_S;
    use proptest::prelude::*;

    const GOOD: &str = r#"
title = "A specimen"

[app]
binary = "/usr/bin/true"
mute_way = "a line on standard input"

[[launch]]
start = ["/usr/bin/true", "--call", "${peer}"]

[[mute]]
stdin = "mute"

[confirm]
stdin = "status"
muted = "muted yes"
unmuted = "muted no"
"#;

    fn complaint(text: &str) -> String {
        let errors = parse(text).expect_err("ought to be refused");
        errors
            .iter()
            .map(|e| e.to_string())
            .collect::<Vec<_>>()
            .join("\n")
    }

    #[test]
    fn a_good_recipe_parses() {
        let recipe = parse(GOOD).unwrap();
        assert_eq!(
            recipe.launch[0].to_string(),
            "app: start app: /usr/bin/true --call ${peer}"
        );
        let Confirm::App(asking) = &recipe.confirm else {
            panic!("{:?}", recipe.confirm)
        };
        assert_eq!(asking.read("muted yes"), Some(true));
        assert_eq!(asking.read("muted no"), Some(false));
        assert_eq!(asking.read("muted yes muted no"), None);
    }

    #[test]
    fn a_misspelt_key_is_named_with_its_place_and_the_right_one() {
        let text = GOOD.replace("stdin = \"mute\"", "stdinn = \"mute\"");
        let said = complaint(&text);
        assert!(
            said.starts_with("line 12, column 1: unknown field `stdinn`"),
            "{said}"
        );
        assert!(said.ends_with("did you mean `stdin`?"), "{said}");
    }

    #[test]
    fn a_step_that_does_nothing_and_one_that_does_two_things_are_refused() {
        let said = complaint(&GOOD.replace("stdin = \"mute\"", "on = \"peer\""));
        assert!(
            said.contains("does nothing; give one of run, start"),
            "{said}"
        );
        let said =
            complaint(&GOOD.replace("stdin = \"mute\"", "stdin = \"mute\"\nrun = [\"true\"]"));
        assert!(said.contains("several things"), "{said}");
    }

    #[test]
    fn a_program_that_nobody_starts_is_refused() {
        let said = complaint(&GOOD.replace("stdin = \"mute\"", "stdin = \"mute\"\nof = \"aap\""));
        assert!(
            said.contains("`aap`, which no step starts; did you mean `app`?"),
            "{said}"
        );
    }

    #[test]
    fn a_key_without_a_display_is_refused() {
        let said = complaint(&GOOD.replace("stdin = \"mute\"", "key = \"ctrl+m\"\nwindow = \"x\""));
        assert!(said.contains("window = true"), "{said}");
    }

    const NAMED: &str = r#"
title = "A specimen with a window"

[app]
binary = "/usr/bin/true"
mute_way = "its button"
window = true

[[launch]]
start = ["/usr/bin/true"]

[[join]]
see = { role = "dialog", matches = "^Call" }

[[join]]
type_into = { role = "field", name = "Name" }
text = "alice"

[[join]]
choose = { role = "combo box", name = "Microphone" }
item = ["Default", "Standard"]

[[join]]
expect = { role = "button", name = "Join" }
reads = "enabled"
is = "yes"

[[mute]]
press = { role = "button", name = ["Mute", "Stummschalten"], window = "Call", nth = 2 }
by = "pointer"

[confirm]
element = { role = "button", matches = "(Mute|Stumm)" }
muted = ["Unmute", "Stumm aus"]
unmuted = ["Mute", "Stumm"]

[[also]]
on = "peer"
element = { role = "item", name = "Mute" }
reads = "checked"
muted = "yes"
unmuted = "no"
"#;

    #[test]
    fn what_is_pressed_is_named() {
        let recipe = parse(NAMED).unwrap();
        let steps: Vec<String> = recipe
            .join
            .iter()
            .chain(&recipe.mute)
            .map(Step::to_string)
            .collect();
        assert_eq!(
            steps,
            [
                "app: see dialog matching \"^Call\"",
                "app: type \"alice\" into field \"Name\"",
                "app: choose element \"Default\" (or one of 1 more) in combo box \"Microphone\"",
                "app: expect enabled of button \"Join\" to be \"yes\"",
                "app: press button \"Mute\" (or one of 1 more) number 2 in \"Call\" with the mouse",
            ]
        );
        assert!(recipe.names_on(On::App) && recipe.names_on(On::Peer));
        let Confirm::App(asking) = &recipe.confirm else {
            panic!("{:?}", recipe.confirm)
        };
        // The whole name counts: one is a part of the other.
        let read = ["Stumm aus", " Stumm\u{200F} ", "Stumm oder aus"].map(|said| asking.read(said));
        assert_eq!(read, [Some(true), Some(false), None]);
        assert_eq!(recipe.asked().count(), 2);
        let alone = NAMED.split("[[also]]").next().unwrap();
        let alone = parse(alone).unwrap();
        assert!(alone.names_on(On::App) && !alone.names_on(On::Peer));
        assert!(!parse(GOOD).unwrap().names_on(On::App));
    }

    #[test]
    fn what_names_nothing_is_refused_with_what_it_may_be() {
        let role = complaint(&NAMED.replace("\"field\"", "\"fiels\""));
        let wanted =
            "line 15, column 1: `type_into`: there is no role \"fiels\"; did you mean `field`?";
        assert_eq!(role, wanted);
        let pattern = complaint(&NAMED.replace("^Call", "(Call"));
        assert!(
            pattern.contains("`see`: `matches` is no regular expression"),
            "{pattern}"
        );
        let key = complaint(&NAMED.replace("nth = 2", "nht = 2"));
        assert!(
            key.contains("unknown field `nht`") && key.ends_with("did you mean `nth`?"),
            "{key}"
        );
        let text = complaint(&NAMED.replace("text = \"alice\"\n", ""));
        assert!(text.contains("a `type_into` step needs `text`"), "{text}");
        let window = complaint(&NAMED.replace("window = true\n", ""));
        assert!(
            window.contains("set `window = true` under `[app]`"),
            "{window}"
        );
        let known = NAMED.replace("[\"Mute\", \"Stummschalten\"]", "\"@mute\"");
        let named = parse(&known).unwrap();
        let names = named.mute[0].action.selectors()[0].name.clone().unwrap();
        assert!(names.0.len() > 10 && names.0.contains(&"Mikrofon stumm schalten".to_owned()));
        let none = complaint(&known.replace("@mute", "@mut"));
        assert!(
            none.contains("no names are known for \"@mut\"; there are @join, @mute"),
            "{none}"
        );
        let same = complaint(&NAMED.replace("[\"Unmute\", \"Stumm aus\"]", "\"Mute\""));
        assert!(
            same.contains("`muted` and `unmuted` must be two different texts"),
            "{same}"
        );
        let person = complaint(&format!(
            "{GUIDED}\n[[also]]\nstdin = \"x\"\nmuted = \"a\"\nunmuted = \"b\"\n"
        ));
        assert!(
            person.contains("`also` stands beside a `confirm` that asks the app"),
            "{person}"
        );
    }

    const GUIDED: &str = r#"
title = "An app"
status = "not audited by us"

[app]
binary = "/usr/bin/true"
mute_way = "the person's word"
guided = true
outside = true
domains = ["example.org"]

[[launch]]
start = ["/usr/bin/true"]

[[mute]]
ask = ""

[confirm]
ask = "the microphone is crossed out"
"#;

    #[test]
    fn a_guided_recipe_asks_a_person() {
        let recipe = parse(GUIDED).unwrap();
        assert_eq!(recipe.mute[0].action, Action::Ask(String::new()));
        assert_eq!(recipe.mute[0].timeout_s, ASK_TIMEOUT_S);
        let shows = "the microphone is crossed out".to_owned();
        assert_eq!(recipe.confirm, Confirm::Person(shows));
        assert_eq!(recipe.status, Some(Status::NotAudited));
    }

    #[test]
    fn a_person_is_asked_in_guided_recipes_alone() {
        let said = complaint(&GUIDED.replace("guided = true\n", ""));
        assert!(
            said.contains("needs a person; set `guided = true`"),
            "{said}"
        );
        let said = complaint(&GOOD.replace("stdin = \"mute\"", "ask = \"Mute\""));
        assert!(said.contains("needs a person"), "{said}");
        let said = complaint(&format!("{GUIDED}muted = \"yes\"\n"));
        assert!(said.contains("leave out `muted`"), "{said}");
        let said = complaint(&GUIDED.replace("not audited by us", "audited"));
        assert!(said.contains("unknown variant `audited`"), "{said}");
    }

    #[test]
    fn a_variant_may_have_steps_of_its_own() {
        let text = format!(
            "{GOOD}\n[called.de]\nmute_way = \"eine Zeile\"\n\n[variant.again]\ntitle = \"The same\"\n\
             mute_way = \"a line said twice\"\n\n[[variant.again.mute]]\nstdin = \"mute\"\n\n\
             [[variant.again.mute]]\nstdin = \"mute\"\n"
        );
        let (as_it_is, again) = (parse(&text).unwrap(), parse_variant(&text, Some("again")));
        let again = again.unwrap();
        assert_eq!(as_it_is.mute.len(), 1);
        assert_eq!(
            as_it_is.called["de"].mute_way.as_deref(),
            Some("eine Zeile")
        );
        assert_eq!(again.mute.len(), 2);
        assert_eq!(again.unmute, as_it_is.unmute);
        assert_eq!(again.app.mute_way, "a line said twice");
        // What it is called in German is of another way of muting.
        assert_eq!(again.called["de"].mute_way, None);
        // A mistake in the steps of a variant is found, whichever is asked for.
        let wrong = text.replace(
            "[[variant.again.mute]]\nstdin",
            "[[variant.again.mute]]\nstdout",
        );
        assert!(complaint(&wrong).contains("stdout"));
        let wrong = text.replace(
            "[[variant.again.mute]]\n",
            "[[variant.again.mute]]\nkey = \"m\"\n",
        );
        assert!(!complaint(&wrong).is_empty());
    }

    #[test]
    fn what_cannot_answer_confirms_nothing() {
        let confirm = "[confirm]\nstdin = \"status\"";
        let said = complaint(&GOOD.replace(confirm, "[confirm]\nwait_file = \"/tmp/x\""));
        assert!(
            said.contains(
                "a `wait_file` step answers nothing; `confirm` asks with one of run, screen, stdin"
            ),
            "{said}"
        );
        let said = complaint(&GOOD.replace(confirm, &format!("{confirm}\nsave = \"x\"")));
        assert!(said.contains("`save` belongs to a step"), "{said}");
        let said = complaint(&GOOD.replace("stdin = \"mute\"", "stdin = \"mute\"\nmuted = \"x\""));
        assert!(said.contains("belong to `[confirm]`"), "{said}");
    }

    /// Names become files, arguments of a package manager, and lines that a person pastes.
    #[test]
    fn a_name_is_a_name_and_nothing_else() {
        let packages = |name: &str| {
            let with = format!("mute_way = \"x\"\npackages = {{ fedora = [{name:?}] }}");
            GOOD.replace("mute_way = \"a line on standard input\"", &with)
        };
        assert!(parse(&packages("libfoo2.0:i386")).is_ok());
        for name in ["--eval=%(touch /x)", "-x", "a b", "a;reboot", "$(x)", ""] {
            let said = complaint(&packages(name));
            assert!(said.contains("a package cannot be called"), "{said}");
        }
        let start = "start = [\"/usr/bin/true\", \"--call\", \"${peer}\"]";
        for name in [
            "../x",
            "/x",
            "a/b",
            "",
            ".",
            "sound-app",
            "dbus-peer",
            &"x".repeat(41),
        ] {
            let more = format!("{start}\n[[launch]]\nstart = [\"x\"]\nname = {name:?}");
            complaint(&GOOD.replace(start, &more));
        }
        for save in ["peer", "rtp_log", "a}b", ""] {
            let more = format!("{start}\n[[launch]]\nrun = [\"x\"]\nsave = {save:?}");
            complaint(&GOOD.replace(start, &more));
        }
        for title in ["\\u001b]52;c;x\\u0007", "a\\u202eb", "two\\nlines"] {
            let said = complaint(&GOOD.replace("A specimen", title));
            assert!(said.contains("`title`"), "{said}");
        }
        complaint(&format!(
            "{GOOD}[[remote]]\naddress = \"example.org\"\nrole = \"server\""
        ));
        complaint(&format!("{GOOD}[vars]\npeer = \"10.0.0.9\"\n"));
        complaint(&format!("{GOOD}[vars]\na = \"${{b}}\"\nb = \"${{a}}\"\n"));
        complaint(&format!("{GOOD}# {}", "x".repeat(strict::TEXT_MAX)));
    }

    #[test]
    fn broken_toml_has_its_line() {
        let said = complaint("title = \"x\"\n[app\n");
        assert!(said.starts_with("line 2"), "{said}");
    }

    proptest! {
        #[test]
        fn any_text_gives_a_recipe_or_errors(text: String) {
            let _ = parse(&text);
        }

        /// Damage to a good recipe: the fuzz target's entry point.
        #[test]
        fn a_damaged_recipe_never_panics(at in 0usize..400, with: char) {
            let mut chars: Vec<char> = GOOD.chars().collect();
            let at = at % chars.len();
            chars[at] = with;
            let _ = parse(&chars.into_iter().collect::<String>());
        }
    }
}
