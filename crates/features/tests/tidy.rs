//! This crate may not learn what was played, and stays a pure function of facts.

#[test]
fn features_know_neither_the_key_nor_the_statistics() {
    let manifest = include_str!("../Cargo.toml");
    let dependencies = manifest.split("[dependencies]").nth(1).unwrap();
    for forbidden in [
        "stimulus", "stats", "verdict", "simulate", "bundle", "stage",
    ] {
        let own = dependencies.lines().any(|line| line.starts_with(forbidden));
        assert!(!own, "features must not depend on {forbidden}");
    }
}

#[test]
fn features_touch_nothing_outside() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for file in std::fs::read_dir(folder).unwrap().flatten() {
        let text = std::fs::read_to_string(file.path()).unwrap();
        let outside = [
            "std::fs",
            "std::time",
            "std::thread",
            "std::env",
            "std::process",
            "std::net::Udp",
        ];
        for forbidden in outside
            .into_iter()
            .chain(["std::net::Tcp", "Instant", "SystemTime"])
        {
            assert!(
                !text.contains(forbidden),
                "{:?} uses {forbidden}",
                file.path()
            );
        }
    }
}
