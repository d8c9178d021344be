//! Words in the code of `cli` that are printed past the catalogue.

use syn::visit::Visit;
use syn::{Expr, ExprCall, LitStr, Macro};

/// What may be printed as it stands.
const ALLOWED: [&str; 3] = [
    // The program's own name, before each line of its errors.
    "muteproof: ",
    // Whoever starts a guard waits for this line.
    "ready",
    // The name of a file, in the path to it.
    "letter.md",
];

/// Macros that print.
const MACROS: [&str; 4] = ["print", "println", "eprint", "eprintln"];

/// Functions that print, or hold what will be: `print`, and what the outside world said.
const CALLS: [&str; 2] = ["print", "system"];

/// Words that a file prints by itself. Its tests do not count.
pub fn printed(path: &str, text: &str) -> Vec<String> {
    let mut found = Printed::default();
    let file = syn::parse_file(text).unwrap_or_else(|e| panic!("{path}: {e}"));
    found.visit_file(&file);
    let complaint = |words: String| format!("{path}: {words:?} is printed, and is no message");
    found.words.into_iter().map(complaint).collect()
}

#[derive(Default)]
struct Printed {
    /// How deep inside of something that prints.
    inside: usize,
    words: Vec<String>,
}

impl Printed {
    /// Takes what is left of a literal without its places for values and its escapes.
    fn take(&mut self, literal: &str) {
        let mut plain = literal.to_owned();
        while let Some((from, len)) = plain
            .find('{')
            .and_then(|from| Some((from, plain[from..].find('}')? + 1)))
        {
            plain.replace_range(from..from + len, "");
        }
        let plain = plain.replace("\\r", "").replace("\\n", "");
        let plain = plain.replace("\\x1b[K", "").replace("\u{1b}[K", "");
        if plain.chars().any(char::is_alphabetic) && !ALLOWED.contains(&&*plain) {
            self.words.push(plain);
        }
    }
}

impl<'ast> Visit<'ast> for Printed {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if item.ident != "tests" {
            syn::visit::visit_item_mod(self, item);
        }
    }

    fn visit_macro(&mut self, item: &'ast Macro) {
        let name = item.path.segments.last().map(|s| s.ident.to_string());
        let prints = name
            .is_some_and(|name| MACROS.contains(&&*name) || (self.inside > 0 && name == "format"));
        if prints {
            // What is printed comes first, and stands between quotation marks.
            let tokens = item.tokens.to_string();
            if let Some(literal) = tokens.split('"').nth(1) {
                self.take(literal);
            }
        }
    }

    fn visit_expr_call(&mut self, call: &'ast ExprCall) {
        let prints = match &*call.func {
            Expr::Path(path) => {
                let name = path.path.segments.last().map(|s| s.ident.to_string());
                name.is_some_and(|name| CALLS.contains(&&*name))
            }
            _ => false,
        };
        self.inside += usize::from(prints);
        syn::visit::visit_expr_call(self, call);
        self.inside -= usize::from(prints);
    }

    fn visit_lit_str(&mut self, literal: &'ast LitStr) {
        if self.inside > 0 {
            self.take(&literal.value());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_past_the_catalogue_are_seen() {
        for (code, n) in [
            ("eprintln!(\"muteproof: {}\", said)", 0),
            ("eprintln!(\"muteproof: no such file {path}\")", 1),
            ("eprint!(\"\\r\\x1b[K{line}\")", 0),
            ("print(format!(\"{}\\n\", path.display()).as_bytes())", 0),
            ("print(format!(\"{n} packets\\n\").as_bytes())", 1),
            ("print(b\"\\n\")", 0),
            ("Err(Fail::system(\"it is wrong\"))", 1),
            ("Err(Fail::system(e))", 0),
            ("let name = \"no words\"", 0),
        ] {
            let file = format!("fn f() {{ {code}; }}\nmod tests {{ fn f() {{ print(\"x y\") }} }}");
            assert_eq!(printed("x.rs", &file).len(), n, "{code}");
        }
    }
}
