#!/bin/sh
# Settings of one end of a direct SIP call. $1: where they are kept; $2: the user's name; $3: its address.
set -eu
mkdir -p "$(dirname "$1")" "$HOME/.config/linphone" "$HOME/.local/share/linphone"
cat > "$1" <<CONF
[sip]
sip_port=5060
sip_tcp_port=0
sip_tls_port=0
default_proxy=-1
contact=sip:$2@$3
guess_hostname=0
register_only_when_network_is_up=0
[net]
firewall_policy=0
[rtp]
audio_rtp_port=7078
[sound]
playback_dev_id=PulseAudio: default
capture_dev_id=PulseAudio: default
ringer_dev_id=PulseAudio: default
echocancellation=0
[video]
enabled=0
automatically_initiate=0
automatically_accept=0
capture=0
display=0
[ui]
logs_enabled=1
CONF
