//! A page of plain text: lines, lists and pairs that fit a terminal.

/// Columns of a page: what fits an 80-column terminal and an e-mail.
const WIDTH: usize = 78;

#[derive(Default)]
pub(crate) struct Page {
    pub out: String,
}

impl Page {
    pub(crate) fn line(&mut self, text: &str) {
        self.out.push_str(text.trim_end());
        self.out.push('\n');
    }

    pub(crate) fn gap(&mut self) {
        self.out.push('\n');
    }

    pub(crate) fn title(&mut self, title: &str) {
        self.gap();
        self.line(title);
    }

    pub(crate) fn list(&mut self, title: &str, items: &[String]) {
        if !items.is_empty() {
            self.title(title);
            for item in items {
                self.wrapped("  - ", item);
            }
        }
    }

    pub(crate) fn pairs(&mut self, pairs: &[(String, String)]) {
        let width = pairs
            .iter()
            .map(|(name, _)| name.chars().count())
            .max()
            .unwrap_or(0);
        for (name, value) in pairs {
            self.line(&format!("  {name:width$}  {value}"));
        }
    }

    pub(crate) fn wrapped(&mut self, head: &str, text: &str) {
        let indent = " ".repeat(head.chars().count());
        let mut line = head.to_owned();
        let mut n_words = 0;
        for word in text.split(' ') {
            if n_words > 0 && line.chars().count() + 1 + word.chars().count() > WIDTH {
                self.line(&line);
                line = indent.clone();
                n_words = 0;
            }
            if n_words > 0 {
                line.push(' ');
            }
            line.push_str(word);
            n_words += 1;
        }
        self.line(&line);
    }
}
