//! Debian packages of the tests' own.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::skip;

/// A package whose scripts leave something of every kind, and one that is tidy.
pub fn package(dir: &Path, name: &str, leaves: bool) -> Option<PathBuf> {
    let tree = dir.join(name);
    let write = |path: &str, text: &str, mode: u32| {
        let path = tree.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
    };
    let control = format!(
        "Package: {name}\nVersion: 1\nArchitecture: all\nMaintainer: Nobody <nobody@example.org>\n\
         Description: a specimen\n"
    );
    write("DEBIAN/control", &control, 0o644);
    let app = format!(
        "#!/bin/sh\nmkdir -p /home/user/.{name}\necho 1 > /home/user/.{name}/settings\nsleep 2\n"
    );
    write(&format!("opt/{name}/run"), &app, 0o755);
    write(
        &format!("usr/bin/{name}"),
        &format!("#!/bin/sh\nexec /opt/{name}/run\n"),
        0o755,
    );
    write(
        &format!("usr/share/applications/{name}.desktop"),
        &format!(
            "[Desktop Entry]\nType=Application\nName={name}\nExec={name}\nMimeType=x-scheme-handler/{name};\n"
        ),
        0o644,
    );
    if leaves {
        let script = format!(
            "#!/bin/sh\nset -e\nmkdir -p /usr/local/share/ca-certificates /etc/xdg/autostart /etc/cron.daily \
             /etc/chromium/native-messaging-hosts /usr/lib/systemd/user /usr/share/applications\n\
             echo left > /usr/local/share/ca-certificates/{name}.crt\n\
             echo '[Desktop Entry]' > /etc/xdg/autostart/{name}-helper.desktop\n\
             echo '#!/bin/sh' > /etc/cron.daily/{name}\n\
             echo '{{}}' > /etc/chromium/native-messaging-hosts/{name}.json\n\
             echo '[Service]' > /usr/lib/systemd/user/{name}-helper.service\n\
             printf '[Desktop Entry]\\nMimeType=x-scheme-handler/{name}-join;\\n' > /usr/share/applications/{name}-join.desktop\n\
             echo helper > /opt/{name}-helper\n"
        );
        write("DEBIAN/postinst", &script, 0o755);
    }
    let file = dir.join(format!("{name}.deb"));
    let built = Command::new("dpkg-deb")
        .args(["--root-owner-group", "--build"])
        .args([&tree, &file])
        .output();
    match built {
        Ok(out) if out.status.success() => Some(file),
        Ok(out) => panic!("{}", String::from_utf8_lossy(&out.stderr)),
        Err(_) => {
            skip("dpkg-deb is not installed");
            None
        }
    }
}
