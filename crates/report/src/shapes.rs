//! The shape of each JSON document as a JSON Schema.

use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use schemars::transform::{RecursiveTransform, Transform};
use serde_json::{Value, json};

/// Makes the schema (JSON Schema 2020-12) of a document as it is written.
pub type Shape = fn() -> Value;

/// Each document that is written, by the name of the command's file in `docs/schemas`, and its shape.
pub const SCHEMAS: [(&str, Shape); 13] = [
    ("attack", shape::<crate::attack_json::Document>),
    ("combine", shape::<crate::combined::Document>),
    ("compare", shape::<crate::compared::Document>),
    ("export-against", shape::<crate::export_against::Document>),
    ("export-check", shape::<crate::export::Document>),
    ("flows", shape::<crate::flows::Document>),
    ("inspect", shape::<crate::inspection::Document>),
    ("inspect-export", shape::<crate::dump::Document>),
    ("mic", shape::<crate::mic::Document>),
    ("plan", shape::<crate::planned_json::Plan>),
    ("plan-after", shape::<crate::planned_json::After>),
    ("report", shape::<crate::json::Document>),
    ("review", shape::<crate::review::Json>),
];

/// The shape of a type as it is serialised.
pub fn shape<T: JsonSchema>() -> Value {
    let settings = SchemaSettings::draft2020_12().for_serialize();
    let mut schema = settings.into_generator().into_root_schema_for::<T>();
    RecursiveTransform(|schema: &mut schemars::Schema| or_null(schema)).transform(&mut schema);
    schema.to_value()
}

/// JSON has no number that is not finite: null stands for it.
fn or_null(schema: &mut schemars::Schema) {
    if schema.get("type") == Some(&json!("number")) {
        schema.insert("type".to_owned(), json!(["number", "null"]));
    }
}
