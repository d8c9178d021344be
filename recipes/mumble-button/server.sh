#!/bin/sh
# A Mumble server of the peer's own: certificate and configuration. $1 is the address to listen at.
set -eu
mkdir -p "$HOME/server"
cd "$HOME/server"
openssl req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=mumble.test \
    -keyout key.pem -out certificate.pem 2>/dev/null
cat > server.ini <<INI
database=$HOME/server/server.sqlite
sslCert=$HOME/server/certificate.pem
sslKey=$HOME/server/key.pem
host=$1
port=64738
bonjour=False
registerName=
users=10
logfile=
INI
