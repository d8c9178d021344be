#!/bin/sh
# Settings of one end of a direct SIP call. $1: the user's name; $2: its address; $3: the codec;
# $4: how sound is encrypted, if it is (srtp-mand: always, keys in the SDP).
set -eu
mkdir -p "$HOME/.baresip"
cd "$HOME"
# ALSA's default device is the sound server's.
cat > .asoundrc <<CONF
pcm.!default { type pulse }
ctl.!default { type pulse }
CONF
cat > .baresip/config <<CONF
poll_method epoll
sip_listen $2:5060
call_max_calls 4
audio_player alsa,default
audio_source alsa,default
audio_alert alsa,default
audio_level no
ausrc_channels 1
auplay_channels 1
rtp_stats no
module_path $(ls -d /usr/lib/baresip/modules /usr/lib64/baresip/modules 2>/dev/null | head -1)
module opus.so
module g711.so
module alsa.so
module srtp.so
module uuid.so
module_tmp account.so
module_app menu.so
module_app ctrl_tcp.so
ctrl_tcp_listen $2:4444
opus_bitrate 28000
CONF
echo "<sip:$1@$2>;regint=0;audio_codecs=$3;answermode=auto${4:+;mediaenc=$4}" > .baresip/accounts
: > .baresip/contacts
