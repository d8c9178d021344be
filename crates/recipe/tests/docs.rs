//! Every kind of step stands in the page that a recipe's author reads.

use std::fs;
use std::path::Path;

#[test]
fn every_kind_of_step_stands_in_the_docs() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/recipes.md");
    let page = fs::read_to_string(page).expect("docs/recipes.md");
    let missing: Vec<String> = recipe::step_keys()
        .into_iter()
        .flat_map(|(key, how)| how.iter().copied().chain([key]))
        .filter(|key| !page.contains(&format!("`{key}")))
        .map(str::to_owned)
        .collect();
    assert!(missing.is_empty(), "not in docs/recipes.md: {missing:?}");
}
