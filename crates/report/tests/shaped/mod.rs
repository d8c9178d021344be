//! Holds a document against the schema that is published for it.

use serde_json::Value;

/// The document, where its shape is the one that `muteproof schema` prints and names no field beyond it.
pub fn shaped(name: &str, document: impl AsRef<[u8]>) -> Value {
    let (_, shape) = report::SCHEMAS
        .into_iter()
        .find(|(known, _)| *known == name)
        .unwrap_or_else(|| panic!("no document {name}"));
    let mut schema = shape();
    // Readers let later fields pass; here none may be there that is not published.
    schema["unevaluatedProperties"] = Value::Bool(false);
    let document: Value = serde_json::from_slice(document.as_ref()).unwrap();
    let rules = jsonschema::validator_for(&schema).unwrap();
    let wrong: Vec<String> = rules
        .iter_errors(&document)
        .map(|e| format!("{}: {e}", e.instance_path()))
        .collect();
    assert!(wrong.is_empty(), "{name}: {wrong:#?}");
    assert_eq!(document["schema"], report::SCHEMA);
    document
}
