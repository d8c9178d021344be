//! Looking up by name, without any bus.

use a11y::{
    BadSelector, Bound, Limits, Node, NotFound, Object, Role, Seen, Selector, State, States, Texts,
    Tree, accepts, descendants, every, find,
};
use proptest::prelude::*;

const FRAME: u32 = 23;
const DIALOG: u32 = 16;
const BUTTON: u32 = 43;
const TOGGLE: u32 = 62;
const MENU: u32 = 33;
const MENU_ITEM: u32 = 35;

fn showing() -> States {
    States::default().with(State::Showing).with(State::Enabled)
}

fn node(n: usize, parent: Option<usize>, role: u32, name: &str, states: States) -> Node {
    Node {
        parent,
        index: 0,
        role: Role(role),
        name: name.to_owned(),
        description: String::new(),
        states,
        object: Object {
            at: ":1.1".to_owned(),
            path: format!("/{n}"),
        },
    }
}

fn tree(rows: &[(Option<usize>, u32, &str, States)]) -> Tree {
    let rows = rows.iter().enumerate();
    let nodes =
        rows.map(|(n, (parent, role, name, states))| node(n, *parent, *role, name, *states));
    Tree {
        nodes: nodes.collect(),
        left_out: Vec::new(),
    }
}

fn named(name: &str) -> Selector {
    Selector {
        name: Some(Texts(vec![name.to_owned()])),
        ..Selector::default()
    }
}

fn app() -> Tree {
    tree(&[
        (None, FRAME, "Call", showing()),
        (Some(0), TOGGLE, "Mute", showing()),
        (Some(0), MENU, "Self", showing()),
        (Some(2), MENU_ITEM, "Mute", States::default()),
        (Some(2), MENU_ITEM, "Deafen", States::default()),
        (None, DIALOG, "Settings", showing()),
        (Some(5), BUTTON, "Mute", showing()),
        (
            Some(5),
            BUTTON,
            "Close",
            States::default().with(State::Defunct),
        ),
    ])
}

#[test]
fn what_is_shown_comes_before_what_stands_in_a_shut_menu() {
    let app = app();
    let in_call = Selector {
        window: Some("Call".to_owned()),
        ..named("Mute")
    };
    assert_eq!(find(&app, &in_call, Seen::ShownOrInMenu), Ok(1));
    assert_eq!(find(&app, &named("Deafen"), Seen::ShownOrInMenu), Ok(4));
    let hidden = find(&app, &named("Deafen"), Seen::Shown);
    assert!(
        matches!(hidden, Err(NotFound::None { hidden: true, .. })),
        "{hidden:?}"
    );
    let item = Selector {
        role: Some("item".to_owned()),
        ..named("Mute")
    };
    assert_eq!(find(&app, &item, Seen::ShownOrInMenu), Ok(3));
}

#[test]
fn of_several_a_recipe_says_which() {
    let app = app();
    let mute = named("Mute");
    let several = find(&app, &mute, Seen::Shown).unwrap_err();
    let said = several.to_string();
    assert!(
        said.starts_with("2 elements fit (toggle button \"Mute\", push button"),
        "{said}"
    );
    let nth = |nth| Selector {
        nth: Some(nth),
        ..mute.clone()
    };
    assert_eq!(find(&app, &nth(2), Seen::Shown), Ok(6));
    assert_eq!(
        find(&app, &nth(3), Seen::Shown),
        Err(NotFound::Fewer { n: 2 })
    );
}

#[test]
fn a_name_is_one_of_several_languages_or_a_pattern() {
    let app = app();
    let german = Selector {
        name: Some(Texts(vec!["Taub".to_owned(), "Deafen".to_owned()])),
        ..Selector::default()
    };
    assert_eq!(find(&app, &german, Seen::ShownOrInMenu), Ok(4));
    let like = Selector {
        matches: Some("^Dea".to_owned()),
        ..Selector::default()
    };
    assert_eq!(find(&app, &like, Seen::ShownOrInMenu), Ok(4));
    // No part of a name is the name.
    assert!(find(&app, &named("Mut"), Seen::Shown).is_err());
}

#[test]
fn what_has_no_name_is_found_by_what_it_says_of_itself() {
    let mut shown = tree(&[
        (None, FRAME, "Call", showing()),
        (Some(0), BUTTON, "", showing()),
        (Some(0), BUTTON, "", showing()),
    ]);
    shown.nodes[1].description = "End\u{200b} call".to_owned();
    shown.nodes[2].description = "Mute microphone".to_owned();
    let described = |text: &str| Selector {
        description: Some(Texts(vec![text.to_owned()])),
        ..Selector::default()
    };
    let found = |text: &str| find(&shown, &described(text), Seen::Shown);
    assert_eq!(found("Mute microphone"), Ok(2));
    assert_eq!(found("End call"), Ok(1));
    assert!(found("Unmute microphone").is_err());
    assert!(accepts(&described("End call"), &shown.nodes[1]));
    // Whoever writes a recipe sees what there is to be written.
    assert!(
        shown
            .outline(9)
            .contains("described as \"Mute microphone\"")
    );
    assert_eq!(shown.offers(9).1, ["End? call", "Mute microphone"]);
    assert_eq!(
        described("").check(),
        Err(BadSelector::Names("description"))
    );
}

#[test]
fn a_player_s_own_mute_is_no_call_s() {
    const AUDIO: u32 = 106;
    let page = tree(&[
        (None, FRAME, "Call", showing()),
        (Some(0), AUDIO, "", showing()),
        (Some(1), BUTTON, "Mute", showing()),
        (Some(0), TOGGLE, "Mute", showing()),
    ]);
    let called = Selector {
        called: vec!["mute".to_owned()],
        ..Selector::default()
    };
    assert_eq!(find(&page, &called, Seen::Shown), Ok(3));
    assert_eq!(every(&page, &called), [3]);
    // A recipe that names it means it.
    assert_eq!(every(&page, &named("Mute")), [2, 3]);
}

#[test]
fn what_is_no_more_is_not_found() {
    let found = find(&app(), &named("Close"), Seen::ShownOrInMenu);
    assert!(
        matches!(found, Err(NotFound::None { hidden: false, .. })),
        "{found:?}"
    );
}

#[test]
fn what_was_not_read_is_told() {
    let mut app = app();
    app.leave_out(Bound::Children);
    let said = find(&app, &named("Leave"), Seen::Shown)
        .unwrap_err()
        .to_string();
    assert_eq!(
        said,
        "no such element in what was read: an element has more children than are read"
    );
}

#[test]
fn an_item_is_looked_for_below_its_list_alone() {
    let app = app();
    assert_eq!(descendants(&app, 5, &named("Mute"), Seen::Shown), Ok(6));
    assert!(descendants(&app, 2, &named("Settings"), Seen::Shown).is_err());
}

#[test]
fn a_selector_that_means_everything_or_nothing_is_refused() {
    let bad = |selector: Selector| selector.check().unwrap_err().to_string();
    assert!(bad(Selector::default()).starts_with("an element is found by"));
    let role = Selector {
        role: Some("knob".to_owned()),
        ..Selector::default()
    };
    assert_eq!(bad(role), "there is no role \"knob\"");
    let pattern = Selector {
        matches: Some("(".to_owned()),
        ..Selector::default()
    };
    assert!(bad(pattern).starts_with("`matches` is no regular expression: unclosed group"));
    assert!(bad(named("\u{202E} ")).starts_with("`name` is a text"));
    let huge = Selector {
        matches: Some("(x{1000}){1000}".to_owned()),
        ..Selector::default()
    };
    assert!(huge.check().is_err());
    let zeroth = Selector {
        nth: Some(0),
        ..named("x")
    };
    assert_eq!(bad(zeroth), "`nth` begins at 1");
}

#[test]
fn a_button_that_stays_down_is_pressed_by_either_state() {
    let by = |role, state| node(0, None, role, "Mute", showing().with(state)).is_pressed();
    assert!(by(TOGGLE, State::Checked) && by(TOGGLE, State::Pressed) && by(BUTTON, State::Pressed));
    assert!(!by(BUTTON, State::Checked) && !by(TOGGLE, State::Focused));
    let checked = node(0, None, TOGGLE, "Mute", showing());
    assert!(accepts(&named("Mute"), &checked) && !accepts(&named("Unmute"), &checked));
}

#[test]
fn an_outline_shows_names_and_nothing_that_steers() {
    let mut app = app();
    app.nodes[1].name = format!("\u{1b}[2J\u{202E}{}", "x".repeat(10_000));
    app.leave_out(Bound::Name);
    let outline = app.outline(100);
    assert!(
        outline.starts_with("frame \"Call\"\n  toggle button \"?[2J?xxx"),
        "{outline}"
    );
    assert!(
        outline.contains("    menu item \"Deafen\", not shown\n"),
        "{outline}"
    );
    assert!(
        outline.ends_with("(not all was read: a name is longer than is read)\n"),
        "{outline}"
    );
    assert!(outline.len() < 1_000, "{outline}");
    assert_eq!(
        app.outline(1),
        "frame \"Call\"\n…\n(not all was read: a name is longer than is read)\n"
    );
    let (windows, buttons) = self::app().offers(10);
    assert_eq!(windows, ["Call", "Settings"]);
    assert_eq!(buttons, ["Mute", "Mute"]);
}

#[test]
fn states_are_words_of_32_bits() {
    let states = States::of_words(&[1 << 4 | 1 << 25, 1]);
    assert!(
        states.has(State::Checked) && states.has(State::Showing) && !states.has(State::Pressed)
    );
    assert_eq!(States::of_words(&[]), States::default());
    assert_eq!(States::of_words(&[0, 0, u32::MAX]), States::default());
    assert!(Limits::default().bytes > Limits::default().name);
}

/// Any tree: parents may be anything, as from an app that lies.
fn any_tree() -> impl Strategy<Value = Tree> {
    let names = prop_oneof![
        Just("Mute".to_owned()),
        Just("Unmute".to_owned()),
        any::<String>()
    ];
    let row = (any::<Option<u8>>(), 0u32..140, names, any::<u64>());
    prop::collection::vec(row, 0..40).prop_map(|rows| {
        let rows = rows.into_iter().enumerate();
        let nodes = rows.map(|(n, (parent, role, name, states))| {
            node(n, parent.map(usize::from), role, &name, States(states))
        });
        Tree {
            nodes: nodes.collect(),
            left_out: Vec::new(),
        }
    })
}

proptest! {
    /// What is found fits; what fits, is shown and is the only one is found.
    #[test]
    fn what_is_found_fits_and_what_fits_is_found(tree in any_tree(), wanted in 0usize..2) {
        let name = ["Mute", "Unmute"][wanted];
        let fits = |node: &Node| {
            node.name == name && node.states.has(State::Showing) && !node.states.has(State::Defunct)
        };
        let n = tree.nodes.iter().filter(|node| fits(node)).count();
        match find(&tree, &named(name), Seen::Shown) {
            Ok(at) => {
                prop_assert!(fits(&tree.nodes[at]));
                prop_assert_eq!(n, 1);
            }
            Err(NotFound::Several { n: several, .. }) => prop_assert_eq!(several, n),
            Err(_) => prop_assert_eq!(n, 0),
        }
        for nth in 1..=n {
            let counted = Selector { nth: Some(nth), ..named(name) };
            let at = find(&tree, &counted, Seen::Shown).unwrap();
            let before = tree.nodes[..at].iter().filter(|node| fits(node)).count();
            prop_assert_eq!(before, nth - 1);
        }
    }

    /// Circles have an end, and whatever is shown of a tree steers nothing.
    #[test]
    fn any_tree_is_shown(tree in any_tree()) {
        let outline = tree.outline(1_000);
        prop_assert!(!outline.chars().any(|c| c != '\n' && a11y::steers(c)));
        for at in 0..tree.nodes.len() {
            prop_assert!(tree.above(at).count() <= tree.nodes.len());
        }
    }
}

#[test]
fn in_some_windows_nothing_says_that_it_is_shown() {
    let visible = States::default().with(State::Visible);
    let shown = showing().with(State::Visible);
    let tree = tree(&[
        (None, FRAME, "Silent", shown),
        (Some(0), MENU, "Visible", visible),
        (Some(1), BUTTON, "Mute", visible),
        (Some(0), MENU, "Hidden", States::default()),
        (Some(3), BUTTON, "Mute", visible),
        (Some(0), DIALOG, "Speaks", shown),
        (Some(5), BUTTON, "Mute", visible),
        (Some(5), BUTTON, "Leave", shown),
        (None, FRAME, "Empty", shown),
        (None, FRAME, "Hidden", visible),
        (Some(9), BUTTON, "Mute", visible),
    ]);
    assert_eq!(tree.alone(), [(0, vec![1, 2])]);
}
