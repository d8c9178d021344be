//! The list of what the programs are made of, as CycloneDX: crates with their versions, licences and sums,
//! which depends on which, and the models that are built in.
//!
//! Made from what cargo itself says of the tree that is built (`cargo tree`) and has locked (`Cargo.lock`).
//! `cargo-cyclonedx` would do it too, but takes minutes to build and writes its files between the sources.

use std::collections::{BTreeMap, BTreeSet};

/// What `cargo tree` is asked for, so that [`Contents::add`] can read it: the crates that end up in a program.
pub const TREE: [&str; 8] = [
    "tree",
    "--locked",
    "--edges",
    "normal,no-proc-macro",
    "--prefix",
    "depth",
    "--format",
    "|{p}|{l}",
];

/// A crate by name and version.
type Id = (String, String);

/// A crate of the tree.
#[derive(Debug, Default, PartialEq)]
struct Part {
    licence: String,
    /// One of this repository's.
    own: bool,
    needs: BTreeSet<Id>,
}

/// Something that is no crate, and in the programs all the same.
#[derive(Debug)]
pub struct Model {
    /// Its name.
    pub name: String,
    /// Its licence, by SPDX's name.
    pub licence: String,
    /// Its SHA-256.
    pub sha256: String,
}

/// What the programs are made of.
#[derive(Debug, Default)]
pub struct Contents {
    parts: BTreeMap<Id, Part>,
    /// The programs' own crates.
    roots: BTreeSet<Id>,
    sums: BTreeMap<Id, String>,
    models: Vec<Model>,
}

impl Contents {
    /// Takes what `cargo` said when it was asked for [`TREE`], and its `Cargo.lock`.
    pub fn add(&mut self, tree: &str, lock: &str) -> Result<(), String> {
        // The crates above the line that is read, from the tree's root on.
        let mut above: Vec<Id> = Vec::new();
        for line in tree.lines().filter(|line| !line.is_empty()) {
            let read = || {
                let mut fields = line.split('|');
                let depth: usize = fields.next()?.parse().ok()?;
                let mut named = fields.next()?.split(' ');
                let id = (
                    named.next()?.to_owned(),
                    named.next()?.strip_prefix('v')?.to_owned(),
                );
                // What was shown before ends with a mark, behind the licence.
                let licence = fields.next()?.trim_end_matches("(*)").trim().to_owned();
                let own = named.any(|word| word.starts_with("(/"));
                Some((depth, id, licence, own))
            };
            let (depth, id, licence, own) = read()
                .filter(|(depth, ..)| *depth <= above.len())
                .ok_or_else(|| format!("cargo tree says what cannot be read: {line}"))?;
            above.truncate(depth);
            match above.last().and_then(|parent| self.parts.get_mut(parent)) {
                Some(parent) => drop(parent.needs.insert(id.clone())),
                None => drop(self.roots.insert(id.clone())),
            }
            let part = self.parts.entry(id.clone()).or_default();
            // As crates wrote it before there were expressions.
            (part.licence, part.own) = (licence.replace('/', " OR "), own);
            above.push(id);
        }
        for package in lock.split("[[package]]").skip(1) {
            let value = |key: &str| {
                let mut lines = package.lines();
                let found = lines.find_map(|line| line.strip_prefix(key)?.strip_prefix(" = \""));
                found
                    .and_then(|rest| rest.strip_suffix('"'))
                    .map(str::to_owned)
            };
            let found = value("name").zip(value("version")).zip(value("checksum"));
            if let Some((id, sum)) = found {
                self.sums.insert(id, sum);
            }
        }
        Ok(())
    }

    /// Takes a model.
    pub fn model(&mut self, model: Model) {
        self.models.push(model);
    }

    /// The list: CycloneDX 1.5, JSON.
    pub fn json(&self, version: &str) -> String {
        let parts = self.parts.iter().map(|(id, part)| {
            let mut fields = vec![
                ("type", quoted("library")),
                ("bom-ref", quoted(&reference(id, part.own))),
                ("name", quoted(&id.0)),
                ("version", quoted(&id.1)),
            ];
            if let Some(sum) = self.sums.get(id) {
                fields.push(("hashes", sha256(sum)));
            }
            if !part.licence.is_empty() {
                fields.push(("licenses", expression(&part.licence)));
            }
            if !part.own {
                fields.push(("purl", quoted(&reference(id, false))));
            }
            object(&fields)
        });
        let models = self.models.iter().map(|model| {
            object(&[
                ("type", quoted("machine-learning-model")),
                ("bom-ref", quoted(&format!("model:{}", model.name))),
                ("name", quoted(&model.name)),
                ("hashes", sha256(&model.sha256)),
                ("licenses", expression(&model.licence)),
            ])
        });
        let components: Vec<String> = parts.chain(models).collect();
        let of = |id: &Id| {
            quoted(&reference(
                id,
                self.parts.get(id).is_some_and(|part| part.own),
            ))
        };
        let entry = |at: String, needs: &BTreeSet<Id>| {
            let needs: Vec<String> = needs.iter().map(of).collect();
            object(&[("ref", at), ("dependsOn", list(&needs))])
        };
        let whole = format!("muteproof@{version}");
        let mut dependencies = vec![entry(quoted(&whole), &self.roots)];
        dependencies.extend(
            self.parts
                .iter()
                .map(|(id, part)| entry(of(id), &part.needs)),
        );
        let component = object(&[
            ("type", quoted("application")),
            ("bom-ref", quoted(&whole)),
            ("name", quoted("muteproof")),
            ("version", quoted(version)),
            ("licenses", expression("MIT OR Apache-2.0")),
        ]);
        let fields = [
            ("bomFormat", quoted("CycloneDX")),
            ("specVersion", quoted("1.5")),
            ("version", "1".to_owned()),
            ("metadata", object(&[("component", component)])),
            ("components", list(&components)),
            ("dependencies", list(&dependencies)),
        ];
        object(&fields) + "\n"
    }
}

/// What a crate is called in the list: by its package URL, or by a name of ours.
fn reference((name, version): &Id, own: bool) -> String {
    match own {
        true => format!("muteproof:{name}@{version}"),
        // A plus in a version stands for itself only where it is escaped.
        false => format!("pkg:cargo/{name}@{}", version.replace('+', "%2B")),
    }
}

fn sha256(sum: &str) -> String {
    list(&[object(&[
        ("alg", quoted("SHA-256")),
        ("content", quoted(sum)),
    ])])
}

fn expression(licence: &str) -> String {
    list(&[object(&[("expression", quoted(licence))])])
}

fn object(fields: &[(&str, String)]) -> String {
    let fields = fields
        .iter()
        .map(|(key, value)| format!("{}:{value}", quoted(key)));
    format!("{{{}}}", fields.collect::<Vec<_>>().join(","))
}

/// One line for each: a list that can be read, and compared.
fn list(values: &[String]) -> String {
    match values {
        [] => "[]".to_owned(),
        values => format!("[\n{}\n]", values.join(",\n")),
    }
}

fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c.is_control() => out.push_str(&format!("\\u{:04x}", c as u32)),
            c => out.push(c),
        }
    }
    out + "\""
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const TREE_SAID: &str = "\
0|cli v0.1.0 (/home/somebody/crates/cli)|MIT OR Apache-2.0
1|a v1.2.3|MIT/Apache-2.0
2|b v0.1.0+2.3|Zlib
1|own v0.1.0 (/home/somebody/crates/own)|MIT OR Apache-2.0
2|a v1.2.3|MIT/Apache-2.0 (*)

0|helper v0.1.0 (/home/somebody/bpf/helper)|MIT OR Apache-2.0
1|b v0.1.0+2.3|Zlib
";

    const LOCK: &str = "version = 4\n\n[[package]]\nname = \"a\"\nversion = \"1.2.3\"\n\
        source = \"registry\"\nchecksum = \"00ff\"\ndependencies = [\n \"b\",\n]\n\n\
        [[package]]\nname = \"own\"\nversion = \"0.1.0\"\n";

    fn made() -> Value {
        let mut contents = Contents::default();
        contents.add(TREE_SAID, LOCK).unwrap();
        contents.model(Model {
            name: "ear \"small\"".into(),
            licence: "MIT".into(),
            sha256: "ab".into(),
        });
        serde_json::from_str(&contents.json("0.1.0")).unwrap()
    }

    #[test]
    fn every_crate_is_listed_once_with_its_licence_and_sum() {
        let made = made();
        assert_eq!(
            (&made["bomFormat"], &made["specVersion"]),
            (&json!("CycloneDX"), &json!("1.5"))
        );
        let names: Vec<&str> = made["components"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|c| c["name"].as_str())
            .collect();
        assert_eq!(names, ["a", "b", "cli", "helper", "own", "ear \"small\""]);
        let a = &made["components"][0];
        assert_eq!(a["purl"], "pkg:cargo/a@1.2.3");
        assert_eq!(a["licenses"][0]["expression"], "MIT OR Apache-2.0");
        assert_eq!(a["hashes"][0]["content"], "00ff");
        assert_eq!(made["components"][1]["purl"], "pkg:cargo/b@0.1.0%2B2.3");
        assert_eq!(made["components"][2]["purl"], Value::Null);
        assert!(!made.to_string().contains("/home/"), "{made}");
    }

    #[test]
    fn what_depends_on_what_refers_to_what_is_listed() {
        let made = made();
        let needs = |at: &str| {
            let all = made["dependencies"].as_array().unwrap();
            let found = all.iter().find(|d| d["ref"] == at).unwrap();
            found["dependsOn"].clone()
        };
        assert_eq!(
            needs("muteproof@0.1.0"),
            json!(["muteproof:cli@0.1.0", "muteproof:helper@0.1.0"])
        );
        assert_eq!(
            needs("muteproof:cli@0.1.0"),
            json!(["pkg:cargo/a@1.2.3", "muteproof:own@0.1.0"])
        );
        assert_eq!(needs("muteproof:own@0.1.0"), json!(["pkg:cargo/a@1.2.3"]));
        assert_eq!(
            needs("pkg:cargo/a@1.2.3"),
            json!(["pkg:cargo/b@0.1.0%2B2.3"])
        );
        let listed = made["components"].as_array().unwrap();
        for entry in made["dependencies"].as_array().unwrap() {
            for at in entry["dependsOn"].as_array().unwrap() {
                assert!(listed.iter().any(|c| &c["bom-ref"] == at), "{at}");
            }
        }
    }

    #[test]
    fn a_tree_that_is_none_is_refused() {
        for wrong in ["error: no lock file", "2|a v1|MIT", "0|a 1|MIT", "0|a v1"] {
            assert!(Contents::default().add(wrong, "").is_err(), "{wrong}");
        }
    }
}
