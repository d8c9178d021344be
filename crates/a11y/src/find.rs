//! Looking something up in a tree.

use crate::selector::{BadSelector, Selector};
use crate::text::{plain, shown};
use crate::tree::{Bound, Node, State, Tree};

/// How much of an element has to be on the screen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Seen {
    /// It is shown.
    Shown,
    /// It is shown, or else an entry of a menu, which can be pressed while that is shut.
    ShownOrInMenu,
}

/// What a look-up came to.
pub type Lookup = Result<usize, NotFound>;

/// Why there is no such element.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NotFound {
    /// There is none; what was not read of the tree, where it could be there.
    None {
        /// What was left out.
        left_out: Option<Bound>,
        /// Whether one is there that is not shown.
        hidden: bool,
    },
    /// There are several, and the selector does not say which.
    Several {
        /// How many.
        n: usize,
        /// Names of some of them.
        names: Vec<String>,
    },
    /// There are fewer than the selector counts.
    Fewer {
        /// How many.
        n: usize,
    },
    /// The selector is none.
    Bad(BadSelector),
}

/// Names that are told where several fit.
const TOLD: usize = 4;

impl std::fmt::Display for NotFound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            NotFound::None { hidden: true, .. } => write!(f, "it is there, and not shown"),
            NotFound::None { left_out, .. } => {
                write!(f, "no such element")?;
                match left_out {
                    Some(bound) => write!(f, " in what was read: {bound}"),
                    None => Ok(()),
                }
            }
            NotFound::Several { n, names } => {
                write!(
                    f,
                    "{n} elements fit ({}); say which by `nth`",
                    names.join(", ")
                )
            }
            NotFound::Fewer { n } => write!(f, "only {n} such elements"),
            NotFound::Bad(bad) => write!(f, "{bad}"),
        }
    }
}

/// The element that a selector means.
///
/// Of several that fit, those on the screen count; the same name may stand in a menu that is shut. An element that
/// is no more does not count.
pub fn find(tree: &Tree, selector: &Selector, seen: Seen) -> Lookup {
    among(tree, selector, seen, |_| true)
}

/// The element below `top` that a selector means.
pub fn descendants(tree: &Tree, top: usize, selector: &Selector, seen: Seen) -> Lookup {
    let of_top = tree.nodes.get(top).map(|node| &node.object);
    let below = |at: usize| tree.above(at).any(|node| Some(&node.object) == of_top);
    among(tree, selector, seen, below)
}

/// Every element on the screen that a selector fits but for its `nth`, as they stand in the tree.
pub fn every(tree: &Tree, selector: &Selector) -> Vec<usize> {
    let fitting = fitting(tree, selector, Seen::Shown, |_| true);
    fitting.map_or_else(|_| Vec::new(), |(found, _)| found)
}

fn among(tree: &Tree, selector: &Selector, seen: Seen, may: impl Fn(usize) -> bool) -> Lookup {
    let (found, hidden) = fitting(tree, selector, seen, may).map_err(NotFound::Bad)?;
    match (&found[..], selector.nth) {
        ([], _) => Err(NotFound::None {
            left_out: tree.left_out.first().copied(),
            hidden,
        }),
        (found, Some(nth)) => match found.get(nth - 1) {
            Some(at) => Ok(*at),
            None => Err(NotFound::Fewer { n: found.len() }),
        },
        ([one], None) => Ok(*one),
        (several, None) => {
            let names = several.iter().take(TOLD);
            Err(NotFound::Several {
                n: several.len(),
                names: names.map(|at| told(&tree.nodes[*at])).collect(),
            })
        }
    }
}

/// Those that fit and are seen, and whether there are any at all.
fn fitting(
    tree: &Tree,
    selector: &Selector,
    seen: Seen,
    may: impl Fn(usize) -> bool,
) -> Result<(Vec<usize>, bool), BadSelector> {
    let ready = selector.ready()?;
    let fits = |at: usize, node: &Node| {
        ready.fits(node)
            && !node.states.has(State::Defunct)
            && in_window(tree, at, node, selector)
            && !mutes_what_is_heard(tree, at, selector)
            && may(at)
    };
    let nodes = tree.nodes.iter().enumerate();
    let all: Vec<usize> = nodes
        .filter(|(at, node)| fits(*at, node))
        .map(|(at, _)| at)
        .collect();
    let keep = |is: fn(&Node) -> bool| -> Vec<usize> {
        let kept = all.iter().copied();
        kept.filter(|at| is(&tree.nodes[*at])).collect()
    };
    let mut found = keep(|node| node.states.has(State::Showing));
    if found.is_empty() && seen == Seen::ShownOrInMenu {
        found = keep(|node| node.role.is_menu_item());
    }
    Ok((found, !all.is_empty()))
}

/// Whether an element that was read alone is still the one that a selector means, as far as that can be said
/// without the others.
pub fn accepts(selector: &Selector, node: &Node) -> bool {
    let fits = selector.ready().is_ok_and(|ready| ready.fits(node));
    fits && !node.states.has(State::Defunct)
}

fn told(node: &Node) -> String {
    format!("{} {:?}", node.role.name(), shown(node.called()))
}

/// Whether it is a button of a player, which calls *Mute* what takes away the sound that it plays: by what calls' buttons
/// are called, none of those is meant.
fn mutes_what_is_heard(tree: &Tree, at: usize, selector: &Selector) -> bool {
    !selector.called.is_empty() && tree.above(at).any(|node| node.role.is_player())
}

fn in_window(tree: &Tree, at: usize, node: &Node, selector: &Selector) -> bool {
    let Some(title) = &selector.window else {
        return true;
    };
    let is_it = |node: &Node| node.role.is_window() && plain(&node.name).contains(title);
    is_it(node) || tree.above(at).any(is_it)
}
