//! Amazon Alexa.

use super::Said;

pub(super) fn read(_path: &str, _text: &str) -> Option<Vec<Said>> {
    None
}
