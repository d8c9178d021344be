#!/bin/sh
# qTox's settings for one side. $1: its own name, $2: the friend's.
set -eu
tox=$HOME/.config/tox
python3 "$(dirname "$0")/profile.py" "$1" "$2" "$tox/$1.tox"

# No sounds and notices of its own; nothing is asked of the internet.
cat >"$tox/qtox.ini" <<END
[Login]
autoLogin=true
[General]
translation=en
currentProfile=$1
notifySound=false
busySound=false
checkUpdates=false
showSystemTray=false
[GUI]
notify=false
desktopNotify=false
[Advanced]
enableLanDiscovery=true
END
