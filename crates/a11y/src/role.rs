//! What an element is, by AT-SPI's numbers (`AtspiRole` of at-spi2-core 2.46).

/// What an element is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Role(pub u32);

/// Numbers with the names that recipes use.
const NAMES: [(u32, &str); 44] = [
    (2, "alert"),
    (7, "check box"),
    (8, "check menu item"),
    (11, "combo box"),
    (16, "dialog"),
    (23, "frame"),
    (26, "icon"),
    (27, "image"),
    (29, "label"),
    (31, "list"),
    (32, "list item"),
    (33, "menu"),
    (34, "menu bar"),
    (35, "menu item"),
    (37, "page tab"),
    (38, "page tab list"),
    (39, "panel"),
    (40, "password text"),
    (41, "popup menu"),
    (43, "push button"),
    (44, "radio button"),
    (45, "radio menu item"),
    (51, "slider"),
    (54, "status bar"),
    (55, "table"),
    (56, "table cell"),
    (61, "text"),
    (62, "toggle button"),
    (63, "tool bar"),
    (69, "window"),
    (73, "paragraph"),
    (75, "application"),
    (79, "entry"),
    (83, "heading"),
    (85, "section"),
    (88, "link"),
    (91, "tree item"),
    (95, "document web"),
    (98, "list box"),
    (99, "grouping"),
    (101, "notification"),
    (116, "static"),
    (129, "push button menu"),
    (130, "switch"),
];

/// Names for several roles: what one toolkit makes a push button is a toggle button with another.
const GROUPS: [(&str, &[u32]); 5] = [
    ("button", &[43, 62, 129, 130]),
    ("control", &[7, 43, 62, 88, 129, 130]),
    ("item", &[8, 32, 35, 45, 91]),
    ("field", &[40, 61, 79]),
    ("text", &[29, 61, 73, 83, 85, 101, 116]),
];

impl Role {
    /// The application itself.
    pub const APPLICATION: Role = Role(75);

    /// Its name; `role N` for one that recipes do not speak of.
    pub fn name(self) -> String {
        let known = NAMES.iter().find(|(number, _)| *number == self.0);
        known.map_or_else(
            || format!("role {}", self.0),
            |(_, name)| (*name).to_owned(),
        )
    }

    /// Whether a recipe means it by this name.
    pub fn is(self, name: &str) -> bool {
        let grouped = GROUPS.iter().find(|(group, _)| *group == name);
        match grouped {
            Some((_, roles)) => roles.contains(&self.0),
            None => NAMES.contains(&(self.0, name)),
        }
    }

    /// Whether it is a window of its own.
    pub fn is_window(self) -> bool {
        matches!(self.0, 2 | 16 | 19 | 23 | 69)
    }

    /// Whether it can be pressed while it is not shown: an entry of a menu that is not open.
    pub fn is_menu_item(self) -> bool {
        matches!(self.0, 8 | 33 | 35 | 45)
    }

    /// Whether it plays sound or film, and has buttons for that.
    pub fn is_player(self) -> bool {
        matches!(self.0, 106 | 107)
    }

    /// Whether it stays pressed.
    pub fn toggles(self) -> bool {
        matches!(self.0, 62 | 130)
    }

    /// Whether it is one of those that a person presses; listed where none was found.
    pub fn is_pressed(self) -> bool {
        matches!(self.0, 7 | 8 | 35 | 37 | 43 | 44 | 45 | 62 | 88 | 129 | 130)
    }

    /// Every name that a recipe may use.
    pub fn names() -> impl Iterator<Item = &'static str> {
        let groups = GROUPS.iter().map(|(name, _)| *name);
        groups.chain(NAMES.iter().map(|(_, name)| *name))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_button_is_whatever_a_toolkit_makes_of_one() {
        assert!(Role(43).is("button") && Role(62).is("button"));
        assert!(Role(62).is("toggle button") && !Role(43).is("toggle button"));
        assert!(!Role(29).is("button"));
        assert_eq!(
            [Role(62).name(), Role(9_999).name()],
            ["toggle button", "role 9999"]
        );
    }

    #[test]
    fn numbers_and_names_stand_once() {
        for (n, (number, name)) in NAMES.iter().enumerate() {
            let same = |(a, b): &(u32, &str)| a == number || b == name;
            assert!(!NAMES[n + 1..].iter().any(same), "{number} {name}");
        }
    }
}
