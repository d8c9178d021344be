#!/bin/sh
# Mumble on the "phone": muted when it reads `mute`. $1: address of the server; $2: folder of its recipe.
set -eu
Xvfb -displayfd 3 -screen 0 1024x768x24 3>"$HOME/display" 2>"$HOME/Xvfb.txt" &
until [ -s "$HOME/display" ]; do sleep 0.05; done
DISPLAY=:$(cat "$HOME/display")
export DISPLAY
sh "$2/client.sh" "$1" 1
mumble -m "mumble://alice@$1:64738/" >"$HOME/mumble.txt" 2>&1 &
while read -r word; do
    if [ "$word" = mute ]; then mumble rpc mute; fi
done
