//! Apps on a terminal, and apps that are muted by how they are started, tried on a stage.

use std::fs;

use session::Ended;
use session::protocol::{STEPS, TryStep, Until};

use crate::button::tried;
use crate::test_recipe;

/// Both mute and unmute by their own way, again and again; what stood on the screen is kept.
pub fn tries() {
    for (recipe, steps) in [("terminal", 3), ("start-flag", 3)] {
        let Some((recorded, said)) = tried(&test_recipe(recipe), Until::Mute, 4) else {
            return;
        };
        assert_eq!(recorded.ended, Ended::Whole, "{said:?}");
        let screen = |number: usize| {
            let file = format!("{STEPS}/{number:02}-app-app.txt");
            fs::read_to_string(recorded.dir.join(file)).unwrap()
        };
        assert_eq!(screen(steps - 1), "Specimen call\n\n  Microphone: on");
        let again = said.iter().find_map(|step| match step {
            TryStep::Again {
                presses, missed, ..
            } => Some((*presses, missed.len())),
            _ => None,
        });
        assert_eq!(again, Some((6, 0)), "{recipe}: {said:?}");
    }
}
