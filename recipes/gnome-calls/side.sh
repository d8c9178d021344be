#!/bin/sh
# Settings of one end of a direct SIP call. $1: the program; $2: the user's name; $3: its address.
set -eu
case "$1" in
gnome-calls)
    # An account that registers nowhere and calls addresses as they are. It has no password, so that no
    # keyring is asked for one.
    mkdir -p "$HOME/.config/calls"
    cat > "$HOME/.config/calls/sip-account.cfg" <<CONF
[direct]
Id=direct
Host=$3
User=$2
DisplayName=$2
Protocol=UDP
Port=5060
LocalPort=5060
AutoConnect=true
DirectMode=true
CanTel=false
MediaEncryption=0
CONF
    ;;
linphonec)
    mkdir -p "$HOME/.config/linphone" "$HOME/.local/share/linphone"
    cat > "$HOME/linphonerc" <<CONF
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
CONF
    ;;
esac
