//! Which files of a crate know which others, read from their code, and whether they go in a circle.
//!
//! A file knows another where its code (tests aside) names something of that file's module: by a path from
//! `crate`, `super` or `self`, by a child module's name, or by a name that it imports. A re-export counts as
//! the file that it leads to. What only a method call shows is not seen.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use syn::visit::Visit;
use syn::{Attribute, Item, UseTree};

/// A module's path inside its crate, the root being empty.
type Module = Vec<String>;

/// One file, as far as its names go.
struct File {
    shown: String,
    /// Names of what it defines.
    defines: BTreeSet<String>,
    /// Names that it imports, and from where.
    imports: BTreeMap<String, Vec<String>>,
    /// Modules of which it imports everything.
    globs: Vec<Vec<String>>,
    /// All paths that its code names.
    names: Vec<Vec<String>>,
}

/// Circles among the files of a crate: each as the files in it. `src` is its source folder.
pub fn circles(src: &Path) -> Vec<Vec<String>> {
    let mut files = BTreeMap::new();
    read(src, src, &mut files);
    let edges = edges(&files);
    strongly_connected(&edges)
        .into_iter()
        .map(|circle| {
            let shown = circle.iter().map(|module| files[module].shown.clone());
            shown.collect()
        })
        .collect()
}

fn read(src: &Path, dir: &Path, files: &mut BTreeMap<Module, File>) {
    for entry in fs::read_dir(dir).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            // Programs beside a library are roots of their own.
            if path != src.join("bin") {
                read(src, &path, files);
            }
        } else if path.extension().is_some_and(|e| e == "rs") && !path.ends_with("tests.rs") {
            let text = fs::read_to_string(&path).unwrap();
            let inside = path.strip_prefix(src).unwrap();
            let file = file(&text, inside);
            files.insert(module(inside), file);
        }
    }
}

fn module(inside: &Path) -> Module {
    let mut parts: Vec<String> = inside
        .with_extension("")
        .iter()
        .map(|part| part.to_string_lossy().into_owned())
        .collect();
    if parts
        .last()
        .is_some_and(|last| ["lib", "main", "mod"].contains(&&**last))
    {
        parts.pop();
    }
    parts
}

fn file(text: &str, inside: &Path) -> File {
    let parsed = syn::parse_file(text).unwrap_or_else(|e| panic!("{}: {e}", inside.display()));
    let mut file = File {
        shown: inside.display().to_string(),
        defines: BTreeSet::new(),
        imports: BTreeMap::new(),
        globs: Vec::new(),
        names: Vec::new(),
    };
    for item in &parsed.items {
        if is_test(attributes(item)) {
            continue;
        }
        match item {
            Item::Use(item) => imports(&item.tree, &mut Vec::new(), &mut file),
            other => {
                file.defines.extend(defined(other));
                Names(&mut file.names).visit_item(other);
            }
        }
    }
    file
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(i) => &i.attrs,
        Item::Enum(i) => &i.attrs,
        Item::Fn(i) => &i.attrs,
        Item::Impl(i) => &i.attrs,
        Item::Macro(i) => &i.attrs,
        Item::Mod(i) => &i.attrs,
        Item::Static(i) => &i.attrs,
        Item::Struct(i) => &i.attrs,
        Item::Trait(i) => &i.attrs,
        Item::Type(i) => &i.attrs,
        Item::Use(i) => &i.attrs,
        _ => &[],
    }
}

fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute
                .meta
                .require_list()
                .is_ok_and(|list| list.tokens.to_string().contains("test"))
    })
}

fn defined(item: &Item) -> Option<String> {
    let ident = match item {
        Item::Const(i) => &i.ident,
        Item::Enum(i) => &i.ident,
        Item::Fn(i) => &i.sig.ident,
        Item::Macro(i) => i.ident.as_ref()?,
        Item::Static(i) => &i.ident,
        Item::Struct(i) => &i.ident,
        Item::Trait(i) => &i.ident,
        Item::Type(i) => &i.ident,
        _ => return None,
    };
    Some(ident.to_string())
}

fn imports(tree: &UseTree, at: &mut Vec<String>, file: &mut File) {
    match tree {
        UseTree::Path(path) => {
            at.push(path.ident.to_string());
            imports(&path.tree, at, file);
            at.pop();
        }
        UseTree::Name(name) => import(name.ident.to_string(), name.ident.to_string(), at, file),
        UseTree::Rename(rename) => import(
            rename.ident.to_string(),
            rename.rename.to_string(),
            at,
            file,
        ),
        UseTree::Glob(_) => {
            file.globs.push(at.clone());
            file.names.push(at.clone());
        }
        UseTree::Group(group) => group.items.iter().for_each(|tree| imports(tree, at, file)),
    }
}

fn import(name: String, known_as: String, at: &[String], file: &mut File) {
    let mut path = at.to_vec();
    if name != "self" {
        path.push(name);
    }
    let known_as = match known_as.as_str() {
        "self" => at.last().cloned().unwrap_or_default(),
        _ => known_as,
    };
    file.imports.insert(known_as, path.clone());
    file.names.push(path);
}

/// Collects every path, also those inside macros.
struct Names<'a>(&'a mut Vec<Vec<String>>);

impl<'ast> Visit<'ast> for Names<'_> {
    fn visit_path(&mut self, path: &'ast syn::Path) {
        self.0.push(
            path.segments
                .iter()
                .map(|segment| segment.ident.to_string())
                .collect(),
        );
        syn::visit::visit_path(self, path);
    }

    /// `pub(crate)` says who may know, and knows nobody.
    fn visit_visibility(&mut self, _: &'ast syn::Visibility) {}

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        if !is_test(&item.attrs) {
            syn::visit::visit_item_mod(self, item);
        }
    }

    fn visit_macro(&mut self, item: &'ast syn::Macro) {
        let text = item.tokens.to_string();
        let words = text.split(|c: char| !(c.is_alphanumeric() || "_: ".contains(c)));
        for word in words.filter(|word| word.contains("::")) {
            // `a :: b`, and what stands before it by itself.
            let joined = word.replace(" :: ", "::").replace(":: ", "::");
            for path in joined.split(' ').filter(|path| path.contains("::")) {
                self.0.push(path.split("::").map(str::to_owned).collect());
            }
        }
        self.visit_path(&item.path);
    }
}

fn edges(files: &BTreeMap<Module, File>) -> BTreeMap<Module, BTreeSet<Module>> {
    let known = |(module, file): (&Module, &File)| {
        let to = file
            .names
            .iter()
            .filter_map(|name| leads_to(files, module, name, 0))
            .filter(|to| to != module)
            .collect();
        (module.clone(), to)
    };
    files.iter().map(known).collect()
}

/// The module that a path named in `from` leads to; nothing where it leads out of the crate.
fn leads_to(
    files: &BTreeMap<Module, File>,
    from: &Module,
    path: &[String],
    depth: u32,
) -> Option<Module> {
    // Re-exports of re-exports end somewhere, unless they go in a circle themselves.
    if depth > 8 {
        return None;
    }
    let first = path.first()?;
    let (mut at, mut rest) = match first.as_str() {
        "crate" => (Vec::new(), &path[1..]),
        "self" => (from.clone(), &path[1..]),
        "super" => (from[..from.len().checked_sub(1)?].to_vec(), &path[1..]),
        _ => {
            let child = [&from[..], std::slice::from_ref(first)].concat();
            if files.contains_key(&child) {
                (child, &path[1..])
            } else {
                // A name that was imported stands for its path; an import names itself.
                let imported = files[from].imports.get(first)?;
                if imported.first() == Some(first) {
                    return None;
                }
                let whole = [&imported[..], &path[1..]].concat();
                return leads_to(files, from, &whole, depth + 1);
            }
        }
    };
    loop {
        match rest.split_first() {
            Some((next, behind)) if next == "super" => {
                at.pop()?;
                rest = behind;
            }
            Some((next, behind)) => {
                let child = [&at[..], std::slice::from_ref(next)].concat();
                if files.contains_key(&child) {
                    (at, rest) = (child, behind);
                    continue;
                }
                let file = files.get(&at)?;
                if file.defines.contains(next) {
                    return Some(at);
                }
                if let Some(imported) = file.imports.get(next) {
                    let whole = [&imported[..], behind].concat();
                    return leads_to(files, &at, &whole, depth + 1);
                }
                let through = file.globs.iter().find_map(|glob| {
                    let whole = [&glob[..], rest].concat();
                    leads_to(files, &at, &whole, depth + 1)
                });
                return through.or(Some(at));
            }
            None => return Some(at),
        }
    }
}

/// Components of more than one module: from each, all others of it can be reached.
fn strongly_connected(edges: &BTreeMap<Module, BTreeSet<Module>>) -> Vec<Vec<Module>> {
    let reach = |from: &Module| {
        let mut seen = BTreeSet::new();
        let mut open: Vec<&Module> = edges[from].iter().collect();
        while let Some(at) = open.pop() {
            if seen.insert(at) {
                open.extend(&edges[at]);
            }
        }
        seen
    };
    let reached: BTreeMap<&Module, BTreeSet<&Module>> =
        edges.keys().map(|module| (module, reach(module))).collect();
    let mut circles: BTreeSet<Vec<Module>> = BTreeSet::new();
    for (module, to) in &reached {
        if to.contains(module) {
            let both = to.iter().filter(|other| reached[**other].contains(module));
            circles.insert(both.map(|m| (*m).clone()).collect());
        }
    }
    circles.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(files: &[(&str, &str)]) -> Vec<Vec<String>> {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path: PathBuf = dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        circles(dir.path())
    }

    #[test]
    fn a_circle_is_seen_however_it_is_named() {
        let b = ("b.rs", "use crate::a::A; pub struct B(A);");
        for a in [
            "use crate::b::B; pub struct A(B);",
            "pub struct A(crate::b::B);",
            "use super::b; pub struct A(b::B);",
            "pub struct A; fn f() { println!(\"{}\", crate::b::g()) }",
            "use crate::B; pub struct A(B);",
        ] {
            let lib = ("lib.rs", "mod a; mod b; pub use b::B;");
            assert_eq!(of(&[lib, ("a.rs", a), b]), [["a.rs", "b.rs"]], "{a}");
        }
    }

    #[test]
    fn a_child_that_uses_its_parent_is_in_a_circle_and_a_re_export_in_none() {
        let parent = "mod x; pub struct P; pub fn f() { x::g() }";
        let child = "use super::P; pub fn g() {}";
        let lib = ("lib.rs", "mod m; pub use m::P;");
        assert_eq!(
            of(&[lib, ("m/mod.rs", parent), ("m/x.rs", child)]),
            [["m/mod.rs", "m/x.rs"]]
        );
        let lib = ("lib.rs", "mod a; mod b; pub use a::A; pub use b::*;");
        let files = [
            lib,
            ("a.rs", "pub struct A;"),
            ("b.rs", "use crate::A; pub struct B(A);"),
        ];
        assert!(of(&files).is_empty());
    }

    #[test]
    fn tests_do_not_count() {
        let a = "pub struct A; #[cfg(test)] mod tests { use crate::b::B; }";
        let files = [
            ("lib.rs", "mod a; mod b;"),
            ("a.rs", a),
            ("b.rs", "pub struct B(crate::a::A);"),
        ];
        assert!(of(&files).is_empty());
    }
}
