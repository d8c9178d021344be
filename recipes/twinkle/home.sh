#!/bin/sh
# $1: the user's name, $2: the address. ALSA's default device is the sound server's.
set -eu
mkdir -p "$HOME/.twinkle"
printf 'pcm.!default { type pulse }\nctl.!default { type pulse }\n' > "$HOME/.asoundrc"
printf 'dev_ringtone=alsa:default\ndev_speaker=alsa:default\ndev_mic=alsa:default\n' \
    > "$HOME/.twinkle/twinkle.cfg"
printf 'user_name=%s\nuser_domain=%s\nregister_at_startup=no\n' "$1" "$2" > "$HOME/.twinkle/$1.cfg"
