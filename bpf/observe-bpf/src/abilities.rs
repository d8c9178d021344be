//! What the kernel and our rights allow, one question each. Each answer is one line that says what
//! is missing.

use std::fs;
use std::path::Path;

/// Capabilities by number (`<linux/capability.h>`) and what for.
const CAPABILITIES: [(u32, &str, &str); 3] = [
    (39, "CAP_BPF", "to load the programs"),
    (38, "CAP_PERFMON", "to put them on functions"),
    (19, "CAP_SYS_PTRACE", "to find the app's libraries"),
];

/// Everything that is missing; nothing where all is there.
pub fn missing() -> Vec<String> {
    [btf(), uprobes(), kernel(), capabilities()]
        .into_iter()
        .filter_map(Result::err)
        .collect()
}

/// Types of the running kernel: where the programs find its fields.
pub fn btf() -> Result<(), String> {
    match Path::new("/sys/kernel/btf/vmlinux").exists() {
        true => Ok(()),
        false => Err("this kernel has no BTF (CONFIG_DEBUG_INFO_BTF)".to_owned()),
    }
}

/// Probes on functions of programs.
pub fn uprobes() -> Result<(), String> {
    match Path::new("/sys/bus/event_source/devices/uprobe/type").exists() {
        true => Ok(()),
        false => Err("this kernel has no uprobes (CONFIG_UPROBE_EVENTS)".to_owned()),
    }
}

/// Many probes by one link came with Linux 6.6.
pub fn kernel() -> Result<(), String> {
    let release = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    match version(&release) >= (6, 6) {
        true => Ok(()),
        false => Err(format!(
            "Linux {} is too old: 6.6 is needed",
            release.trim()
        )),
    }
}

fn version(release: &str) -> (u32, u32) {
    let mut numbers = release.split(['.', '-']).map_while(|n| n.parse().ok());
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0))
}

/// Our own rights.
pub fn capabilities() -> Result<(), String> {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let lacking = lacking(&status);
    match lacking.is_empty() {
        true => Ok(()),
        false => Err(format!("rights are missing: {}", lacking.join(", "))),
    }
}

fn lacking(status: &str) -> Vec<String> {
    let line = status.lines().find_map(|line| line.strip_prefix("CapEff:"));
    let held = line
        .and_then(|hex| u64::from_str_radix(hex.trim(), 16).ok())
        .unwrap_or(0);
    CAPABILITIES
        .iter()
        .filter(|(number, ..)| held >> number & 1 == 0)
        .map(|(_, name, what)| format!("{name} ({what})"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lacking_capabilities_are_named() {
        assert_eq!(lacking("CapEff:\t000001ffffffffff\n"), [""; 0]);
        assert_eq!(lacking("CapEff:\t0000000000000000\n").len(), 3);
        // CAP_SYS_ADMIN alone stands for none of them here: the kernel would take it, we ask for less.
        let only = lacking("CapEff:\t000000c000080000\n");
        assert_eq!(only, [""; 0]);
        assert!(lacking("CapEff:\t0000004000080000\n")[0].starts_with("CAP_BPF"));
    }

    #[test]
    fn versions_are_numbers() {
        assert_eq!(version("6.18.44-arch1\n"), (6, 18));
        assert!(version("6.6.0") >= (6, 6) && version("5.15.0-91-generic") < (6, 6));
        assert_eq!(version("?"), (0, 0));
    }
}
