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
const CALLS: [&str; 8] = [
    "print",
    "system",
    "out",
    "out_in_colour",
    "err",
    "err_in_colour",
    "err_anew",
    "error",
];

/// Ways to print past the printer that a file goes. Its tests do not count.
pub fn past_the_printer(path: &str, text: &str) -> Vec<String> {
    let mut found = Past::default();
    let file = syn::parse_file(text).unwrap_or_else(|e| panic!("{path}: {e}"));
    found.visit_file(&file);
    let complaint = |what: String| format!("{path}: {what} prints past the printer");
    found.0.into_iter().map(complaint).collect()
}

/// Whatever reaches an output by itself: macros, the outputs, the terminal, what others print for us.
#[derive(Default)]
struct Past(Vec<String>);

impl<'ast> Visit<'ast> for Past {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if item.ident != "tests" {
            syn::visit::visit_item_mod(self, item);
        }
    }

    fn visit_macro(&mut self, called: &'ast Macro) {
        let name = called.path.segments.last().map(|s| s.ident.to_string());
        let name = name.unwrap_or_default();
        if MACROS.contains(&&*name) || name == "dbg" {
            self.0.push(format!("{name}!"));
        }
        // What stands in a macro is not parsed, but may name an output all the same.
        let tokens = called.tokens.to_string();
        for output in ["stdout ()", "stderr ()"] {
            if tokens.contains(output) {
                self.0.push(output.to_owned());
            }
        }
    }

    fn visit_expr_call(&mut self, call: &'ast ExprCall) {
        if let Expr::Path(path) = &*call.func {
            let name = path.path.segments.last().map(|s| s.ident.to_string());
            if let Some(name @ ("stdout" | "stderr")) = name.as_deref() {
                self.0.push(name.to_owned());
            }
        }
        syn::visit::visit_expr_call(self, call);
    }

    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        // An error of the option parser prints itself.
        if call.method == "print" {
            self.0.push(".print()".to_owned());
        }
        syn::visit::visit_expr_method_call(self, call);
    }

    fn visit_lit_str(&mut self, literal: &'ast LitStr) {
        if literal.value().starts_with("/dev/tty") {
            self.0.push(literal.value());
        }
    }
}

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
