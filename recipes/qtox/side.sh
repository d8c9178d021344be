#!/bin/sh
# qTox's settings for one side. $1: its own name, $2: the friend's.
set -eu
tox=$HOME/.config/tox
friend=$(python3 "$(dirname "$0")/profile.py" "$1" "$2" "$tox/$1.tox")

# What the friend is called here: until he was online once, qTox knows him by his key alone.
cat >"$tox/$1.ini" <<END
[Friends]
Friend\\1\\addr=$friend
Friend\\1\\alias=$2
Friend\\size=1
END

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
