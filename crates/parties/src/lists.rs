//! Filter lists that a person has fetched, such as EasyPrivacy: is an address on one of them?

use adblock::Engine;
use adblock::lists::{FilterSet, ParseOptions};
use adblock::request::Request;

/// Filter lists in the syntax of Adblock Plus, one beside the other.
#[derive(Default)]
pub struct Lists {
    lists: Vec<(String, Engine)>,
}

impl Lists {
    /// A single list with the name that hits are told by.
    #[must_use]
    pub fn from_text(name: &str, text: &str) -> Self {
        let mut lists = Self::default();
        lists.add(name, text);
        lists
    }

    /// One more list. Lines that are no rule, and rules for what a page looks like, are passed over.
    pub fn add(&mut self, name: &str, text: &str) {
        let mut rules = FilterSet::new(false);
        rules.add_filter_list(text.to_owned(), ParseOptions::default());
        let engine = Engine::new_with_filter_set(rules);
        self.lists.push((name.to_owned(), engine));
    }

    /// The names of the lists that block a request to `url` from a page or app of `first_party`: a host, or
    /// nothing for an app that has none, to which everybody is a third party. None of them where the address is
    /// none.
    #[must_use]
    pub fn hit(&self, url: &str, first_party: &str) -> Vec<&str> {
        let source = format!("https://{first_party}/");
        let Ok(request) = Request::new(url, &source, "xmlhttprequest", "") else {
            return Vec::new();
        };
        let blocking = self
            .lists
            .iter()
            .filter(|(_, engine)| engine.check_network_request(&request).should_block());
        blocking.map(|(name, _)| &**name).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    // Rules of our own, in the syntax of EasyPrivacy.
    const LIST: &str = "[Adblock Plus 2.0]\n! Title: Sample\n||telemetry.example.org^$third-party\n\
        /collect?\n@@||telemetry.example.org/consent^\nexample.org##.banner\n";

    #[test]
    fn rules_and_their_exceptions() {
        let mut lists = Lists::from_text("sample", LIST);
        lists.add("other", "||example.net^");
        let hit = |url: &str| lists.hit(url, "app.example.com");
        assert_eq!(hit("https://telemetry.example.org/v1/events"), ["sample"]);
        assert_eq!(hit("https://telemetry.example.org/consent/"), [""; 0]);
        assert_eq!(hit("https://example.net/collect?v=1"), ["sample", "other"]);
        assert_eq!(hit("https://example.com/"), [""; 0]);
        assert_eq!(hit("no address"), [""; 0]);
        assert_eq!(
            lists.hit("https://telemetry.example.org/v1", ""),
            ["sample"]
        );
        // Of its own party, the first rule says nothing.
        assert_eq!(
            lists.hit("https://telemetry.example.org/v1", "www.example.org"),
            [""; 0]
        );
    }
}
