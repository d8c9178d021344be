"""A window with a mute button in front of a specimen that is told by its standard input what the button says.

The first argument says what the window is like, the others are the specimen's command:
  plain      a button that stays down, whose label and a line below it say the same
  torn       the line below it goes on saying that the microphone is on
  notice     whoever speaks while muted is told so
"""

import subprocess
import sys
import threading

import gi

gi.require_version("Gtk", "3.0")
from gi.repository import GLib, Gtk  # noqa: E402

like, command = sys.argv[1], sys.argv[2:]
if like == "notice":
    command.append("--notice")
specimen = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def tell(line):
    specimen.stdin.write(line.encode() + b"\n")
    specimen.stdin.flush()


def pressed(button):
    muted = button.get_active()
    tell("mute" if muted else "unmute")
    button.set_label("Unmute" if muted else "Mute")
    if like != "torn":
        state.set_text("Microphone is off" if muted else "Microphone is on")


def listen():
    """What the specimen says is said on, and what it hears is shown."""
    for line in specimen.stdout:
        said = line.decode().strip()
        print(said, flush=True)
        if said.startswith("voice "):
            GLib.idle_add(notice.set_text, "You are muted" if said == "voice on" else "")


def watch():
    if specimen.poll() is not None:
        Gtk.main_quit()
        return False
    return True


window = Gtk.Window(title="Specimen call")
window.set_default_size(320, 160)
window.connect("destroy", lambda _: tell("quit"))
box = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=8)
button = Gtk.ToggleButton(label="Mute")
button.connect("toggled", pressed)
state = Gtk.Label(label="Microphone is on")
notice = Gtk.Label()
leave = Gtk.Button(label="Leave")
leave.connect("clicked", lambda _: tell("quit"))
for widget in (button, state, leave) + ((notice,) if like == "notice" else ()):
    box.pack_start(widget, True, True, 0)
window.add(box)
window.show_all()
threading.Thread(target=listen, daemon=True).start()
GLib.timeout_add(200, watch)
Gtk.main()
