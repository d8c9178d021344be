//! What GTK 4 up to 4.8 (Debian 12) leaves out: it says of a window that it is shown, and of all that is in it only that it
//! is visible, also where that lies on another page of a stack; and what has no name is called as its type is.

use std::time::Instant;

use a11y::{Bound, Object, State, Tree};
use recipe::recorded::Place;
use zbus::Connection;

use super::act::place;
use super::read::property;

const APPLICATION: &str = "org.a11y.atspi.Application";

/// Whether a name is none: GTK 4.8 calls a nameless element by its type, of its own or of libadwaita.
pub(super) fn is_of_its_type(name: &str) -> bool {
    let of = ["Gtk", "Adw"];
    let behind = of.iter().find_map(|prefix| name.strip_prefix(prefix));
    behind.is_some_and(|rest| {
        rest.starts_with(|c: char| c.is_ascii_uppercase())
            && rest.chars().all(|c| c.is_ascii_alphanumeric())
    })
}

/// In windows of GTK 4 in which nothing says that it is shown, that is what has a size, and lies within the window. A page
/// of a stack that was turned away keeps its size, so what is on it counts as well.
pub(super) async fn show(bus: &Connection, tree: &mut Tree, deadline: Instant) {
    for (window, inside) in tree.alone() {
        let application = tree.above(window).last();
        let Some(application) = application.map(|node| node.object.clone()) else {
            continue;
        };
        if !is_gtk4(bus, &application).await {
            continue;
        }
        let Ok(frame) = place(bus, &tree.nodes[window].object).await else {
            continue;
        };
        for at in inside {
            if Instant::now() >= deadline {
                tree.leave_out(Bound::Time);
                return;
            }
            let lies = place(bus, &tree.nodes[at].object).await;
            if lies.is_ok_and(|lies| is_within(&lies, &frame)) {
                let node = &mut tree.nodes[at];
                node.states = node.states.with(State::Showing);
            }
        }
    }
}

async fn is_gtk4(bus: &Connection, application: &Object) -> bool {
    let toolkit = property(bus, application, APPLICATION, "ToolkitName").await;
    let version = property(bus, application, APPLICATION, "Version").await;
    toolkit.is_ok_and(|name| name.eq_ignore_ascii_case("gtk"))
        && version.is_ok_and(|version| version.starts_with("4."))
}

/// Whether a place's middle lies in a window. GTK 4 counts both from the window's corner.
fn is_within(place: &Place, window: &Place) -> bool {
    let (x, y) = place.middle();
    let across = window.x..window.x.saturating_add(window.width);
    let down = window.y..window.y.saturating_add(window.height);
    across.contains(&x) && down.contains(&y)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_no_name() {
        for name in ["GtkButton", "GtkMenuButton", "AdwSplitButton"] {
            assert!(is_of_its_type(name), "{name}");
        }
        for name in [
            "",
            "Gtk",
            "Gtkmm",
            "Mute",
            "GtkButton of the week",
            "Adware",
        ] {
            assert!(!is_of_its_type(name), "{name}");
        }
    }

    #[test]
    fn what_lies_beside_the_window_is_not_within() {
        let place = |x, y, width, height| Place {
            x,
            y,
            width,
            height,
        };
        let window = place(0, 0, 1190, 690);
        assert!(is_within(&place(6, 6, 36, 34), &window));
        assert!(!is_within(&place(1202, 428, 376, 28), &window));
        assert!(!is_within(&place(i32::MAX, 0, i32::MAX, 1), &window));
    }
}
