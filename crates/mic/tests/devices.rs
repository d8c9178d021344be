//! The layers below the sound server, on files that look like a machine's.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use mic::devices::{Devices, Saved};
use switch::{Capture, Layer, LayerState};

/// One card inside the machine, one on USB, a keyboard lamp, and a mixer.
struct Machine {
    dir: tempfile::TempDir,
}

impl Machine {
    fn new() -> Machine {
        let machine = Machine {
            dir: tempfile::tempdir().unwrap(),
        };
        machine.write(
            "proc/asound/card0/pcm0p/sub0/status",
            "state: RUNNING\nowner_pid   : 3\n",
        );
        machine.write("proc/asound/card0/pcm0c/sub0/status", "closed\n");
        machine.write(
            "proc/asound/card1/pcm0c/sub0/status",
            "state: RUNNING\nowner_pid   : 701\ntrigger_time: 1.2\n",
        );
        machine.write("proc/701/status", "Name:\tsnoop\nTgid:\t700\nPid:\t701\n");
        machine.write("proc/700/comm", "snoop\n");
        for (node, mode) in [
            ("pcmC0D0c", 0o660),
            ("pcmC1D0c", 0o640),
            ("pcmC0D0p", 0o660),
        ] {
            machine.write(&format!("dev/snd/{node}"), "");
            let mode = fs::Permissions::from_mode(mode);
            fs::set_permissions(machine.path("dev/snd").join(node), mode).unwrap();
        }
        let usb = "sys/devices/pci0/usb1/1-2";
        machine.write(&format!("{usb}/authorized"), "1\n");
        machine.write(
            &format!("{usb}/1-2:1.0/sound/card1/pcmC1D0c/pcm_class"),
            "generic\n",
        );
        machine.write(
            "sys/devices/pci0/hda/sound/card0/pcmC0D0c/pcm_class",
            "generic\n",
        );
        fs::create_dir_all(machine.path("sys/class/sound")).unwrap();
        for (name, target) in [
            ("pcmC1D0c", format!("{usb}/1-2:1.0/sound/card1/pcmC1D0c")),
            (
                "pcmC0D0c",
                "sys/devices/pci0/hda/sound/card0/pcmC0D0c".to_owned(),
            ),
        ] {
            let link = machine.path("sys/class/sound").join(name);
            std::os::unix::fs::symlink(machine.path(&target), link).unwrap();
        }
        machine.write("sys/class/leds/platform::micmute/brightness", "0\n");
        machine.write("sys/class/leds/platform::mute/brightness", "0\n");
        machine.mixer();
        machine
    }

    /// A mixer whose two channels are files.
    fn mixer(&self) {
        let at = self.path("mixer").display().to_string();
        for (card, left, right) in [("0", "on", "off"), ("1", "on", "on")] {
            self.write(&format!("mixer/{card}/frontleft"), left);
            self.write(&format!("mixer/{card}/frontright"), right);
        }
        let script = format!(
            "#!/bin/sh\nd={at}/$2; shift 2\n\
             case \"$1 $2 $3 $4\" in\n\
             'scontents '*) printf \"Simple mixer control 'Master',0\\n  Capabilities: pvolume pswitch\\n\
             Simple mixer control 'Capture',0\\n  Capabilities: cvolume cswitch\\n\"\n\
             printf '  Front Left: Capture 46 [73%%] [%s]\\n' $(cat $d/frontleft)\n\
             printf '  Front Right: Capture 46 [73%%] [%s]\\n' $(cat $d/frontright);;\n\
             'sset Capture,0 nocap '*) printf off > $d/frontleft; printf off > $d/frontright;;\n\
             'sset Capture,0 '*' cap') printf on > $d/$3;;\n\
             *) echo \"what: $*\" >&2; exit 1;;\nesac\n"
        );
        self.write("usr/bin/amixer", &script);
        let mode = fs::Permissions::from_mode(0o755);
        fs::set_permissions(self.path("usr/bin/amixer"), mode).unwrap();
    }

    fn path(&self, path: &str) -> PathBuf {
        self.dir.path().join(path)
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path))
            .unwrap()
            .trim()
            .to_owned()
    }

    fn mode(&self, node: &str) -> u32 {
        let node = fs::metadata(self.path("dev/snd").join(node)).unwrap();
        node.permissions().mode() & 0o7777
    }

    fn devices(&self) -> Devices {
        Devices::new(self.dir.path())
    }

    fn switches(&self) -> [String; 4] {
        ["0/frontleft", "0/frontright", "1/frontleft", "1/frontright"]
            .map(|file| self.read(&format!("mixer/{file}")))
    }
}

#[test]
fn a_capture_is_explained_by_its_process_or_told() {
    let devices = Machine::new();
    let found = devices.devices().captures(&BTreeSet::new());
    let snoop = Capture {
        device: "/dev/snd/pcmC1D0c".into(),
        pid: Some(700),
        command: Some("snoop".into()),
    };
    assert_eq!(found, [snoop]);
    // The status names a thread; its process is the sound server's.
    assert_eq!(devices.devices().captures(&[700].into()), []);
}

#[test]
fn the_lamp_follows_and_other_lamps_do_not() {
    let machine = Machine::new();
    for (lit, shown) in [(true, "1"), (false, "0")] {
        assert_eq!(machine.devices().lamp(lit), LayerState::Holds { n: 1 });
        assert_eq!(
            machine.read("sys/class/leds/platform::micmute/brightness"),
            shown
        );
        assert_eq!(
            machine.read("sys/class/leds/platform::mute/brightness"),
            "0"
        );
    }
}

#[test]
fn devices_are_taken_and_given_back_as_they_were() {
    let machine = Machine::new();
    let mut saved = Saved::default();
    for _ in 0..2 {
        // The second time finds everything taken, and must not take that for what there was.
        let layers = machine.devices().set(true, &mut saved);
        assert_eq!(layers[&Layer::CaptureSwitches], LayerState::Holds { n: 2 });
        assert_eq!(layers[&Layer::DeviceAccess], LayerState::Holds { n: 2 });
        assert_eq!(layers[&Layer::Usb], LayerState::Holds { n: 1 });
        assert_eq!(machine.switches(), ["off", "off", "off", "off"]);
        let modes = ["pcmC0D0c", "pcmC1D0c", "pcmC0D0p"].map(|node| machine.mode(node));
        assert_eq!(modes, [0, 0, 0o660]);
        assert_eq!(machine.read("sys/devices/pci0/usb1/1-2/authorized"), "0");
        saved = serde_json::from_str(&serde_json::to_string(&saved).unwrap()).unwrap();
    }
    let layers = machine.devices().set(false, &mut saved);
    assert!(
        layers.values().all(|state| *state == LayerState::NotUsed),
        "{layers:?}"
    );
    assert_eq!(machine.switches(), ["on", "off", "on", "on"]);
    let modes = ["pcmC0D0c", "pcmC1D0c"].map(|node| machine.mode(node));
    assert_eq!(modes, [0o660, 0o640]);
    assert_eq!(machine.read("sys/devices/pci0/usb1/1-2/authorized"), "1");
    assert_eq!(saved, Saved::default());
}

#[test]
fn a_machine_without_cards_has_nothing_to_hold() {
    let dir = tempfile::tempdir().unwrap();
    let devices = Devices::new(Path::new(dir.path()));
    let layers = devices.set(true, &mut Saved::default());
    assert!(
        layers
            .values()
            .all(|state| *state == LayerState::NothingThere),
        "{layers:?}"
    );
    assert_eq!(devices.lamp(true), LayerState::NothingThere);
    assert_eq!(devices.captures(&BTreeSet::new()), []);
}

#[test]
fn a_layer_that_fails_says_why() {
    let machine = Machine::new();
    machine.write(
        "usr/bin/amixer",
        "#!/bin/sh\necho no such card >&2\nexit 1\n",
    );
    let layers = machine.devices().set(true, &mut Saved::default());
    let why = "no such card".to_owned();
    assert_eq!(layers[&Layer::CaptureSwitches], LayerState::Failed { why });
}
