#!/bin/sh
# Says whether Linphone's microphone is muted, by the last line of its own log that tells of it: no element of
# its window does. Muting logs `mic is muted.` and a gain of 0 after it; unmuting, and the start of a call, a
# gain of 1.
grep -ho 'mic is muted\|set gain to .*\[1\.000000\] linear' \
    "$HOME/.local/share/linphone/logs/"*.log | tail -n 1
