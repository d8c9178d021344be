"""A window with a mute button in front of a specimen that is told by its standard input what the button says.

The first argument is the version of GTK, the second says what the window is like, the others are the specimen's command:
  plain      a button that stays down, whose label and a line below it say the same
  torn       the line below it goes on saying that the microphone is on
  notice     whoever speaks while muted is told so
"""

import subprocess
import sys
import threading

import gi

version, like, command = sys.argv[1], sys.argv[2], sys.argv[3:]
gi.require_version("Gtk", version)
from gi.repository import GLib, Gtk  # noqa: E402

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
        loop.quit()
        return False
    return True


def fill(window):
    """The window's contents; in GTK 4 one button has a hint and no name, and a page that is not shown has a button called
    as the first one is."""
    window.set_default_size(320, 160)
    box = Gtk.Box(orientation=Gtk.Orientation.VERTICAL, spacing=8)
    leave = Gtk.Button(label="Leave")
    leave.connect("clicked", lambda _: tell("quit"))
    for widget in (button, state, leave) + ((notice,) if like == "notice" else ()):
        if version == "4.0":
            box.append(widget)
        else:
            box.pack_start(widget, True, True, 0)
    if version == "4.0":
        pages = Gtk.Stack()
        box.append(Gtk.Button(icon_name="help-about", tooltip_text="Help"))
        pages.add_child(box)
        pages.add_child(Gtk.Button(label="Mute"))
        window.set_child(pages)
        window.connect("close-request", lambda _: tell("quit"))
        window.present()
    else:
        window.add(box)
        window.connect("destroy", lambda _: tell("quit"))
        window.show_all()


loop = GLib.MainLoop()
if version == "4.0":
    Gtk.init()
button = Gtk.ToggleButton(label="Mute")
button.connect("toggled", pressed)
state = Gtk.Label(label="Microphone is on")
notice = Gtk.Label()
fill(Gtk.Window(title="Specimen call"))
threading.Thread(target=listen, daemon=True).start()
GLib.timeout_add(200, watch)
loop.run()
