#!/bin/sh
# A call on a terminal: draws whether its microphone is on, and changes it by `m`. $1: on or off, at first.
microphone=$1
while :; do
    printf '\033[2J\033[HSpecimen call\r\n\r\n  Microphone: %s\r\n' "$microphone"
    read -r key || exit 0
    case $key in
    m) if [ "$microphone" = on ]; then microphone=off; else microphone=on; fi ;;
    q) exit 0 ;;
    esac
done
