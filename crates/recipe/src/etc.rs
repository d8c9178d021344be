//! What a recipe may show of the machine's `/etc`.

/// Whether a recipe may name it: a name below `/etc`, no way out of it, nothing that holds secrets, and
/// none that the side has of its own.
pub fn may_show_of_etc(name: &str) -> bool {
    const SECRET: [&str; 12] = [
        "shadow",
        "shadow-",
        "gshadow",
        "gshadow-",
        "sudoers",
        "sudoers.d",
        "ssh",
        "ssl",
        "pki",
        "security",
        "ipsec.secrets",
        "NetworkManager",
    ];
    const OWN: [&str; 6] = [
        "passwd",
        "group",
        "hosts",
        "hostname",
        "machine-id",
        "resolv.conf",
    ];
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.+".contains(c);
    let mut parts = name.split('/');
    let first = parts.next().unwrap_or("");
    let plain = |part: &str| !part.is_empty() && !part.starts_with('.') && part.chars().all(plain);
    plain(first) && parts.all(plain) && !SECRET.contains(&first) && !OWN.contains(&first)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_plain_and_hold_no_secrets() {
        for name in ["chromium.d", "janus", "firefox-esr", "xdg/autostart", "X11"] {
            assert!(may_show_of_etc(name), "{name}");
        }
        let refused = [
            "",
            ".",
            "..",
            "../root",
            "a//b",
            "/etc",
            "a/../shadow",
            "shadow",
            "ssl/private",
            "passwd",
            ".hidden",
            "a b",
            "machine-id",
            "ssh/ssh_host_key",
        ];
        for name in refused {
            assert!(!may_show_of_etc(name), "{name}");
        }
    }
}
