#!/bin/sh
# Settings of a Mumble client that asks its user nothing.
# $1: address of the server; $2: how it transmits (0 always, 1 when there is voice).
set -eu
# Ports of Mumble's own update check and statistics stay shut; the usual voice thresholds do not
# open for a quiet voice.
mkdir -p "$HOME/.config/Mumble" "$HOME/.local/share/Mumble/Mumble" "$HOME/Documents"
cat > "$HOME/.config/Mumble/Mumble.conf" <<CONF
[General]
lastupdate=2
[audio]
input=PulseAudio
output=PulseAudio
transmit=$2
headphone=true
vadmin=0.3
vadmax=0.5
[pulseaudio]
input=mic
output=spk
[ui]
askonquit=false
DisablePluginCheck=true
usage=false
WindowLayout=0
[plugins]
check=false
[update]
check=false
CONF
# The client's own certificate, which its first start would otherwise ask for.
cd "$HOME"
openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=user \
    -keyout key.pem -out certificate.pem 2>/dev/null
openssl pkcs12 -export -inkey key.pem -in certificate.pem -passout pass: \
    -out Documents/MumbleAutomaticCertificateBackup.p12
cp Documents/MumbleAutomaticCertificateBackup.p12 .
# The server's certificate is accepted as a user would accept it at the first connection.
digest=$(openssl s_client -connect "$1:64738" </dev/null 2>/dev/null |
    openssl x509 -outform der | sha1sum | cut -d' ' -f1)
sqlite3 .local/share/Mumble/Mumble/mumble.sqlite "
CREATE TABLE IF NOT EXISTS cert
    (id INTEGER PRIMARY KEY AUTOINCREMENT, hostname TEXT, port INTEGER, digest TEXT);
CREATE UNIQUE INDEX IF NOT EXISTS cert_host_port ON cert(hostname, port);
INSERT INTO cert(hostname, port, digest) VALUES('$1', 64738, '$digest');"
