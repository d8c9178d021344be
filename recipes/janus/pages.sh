#!/bin/sh
# The server's demo pages as its package has them; only the server's address is written, and no camera
# is asked for. $1: address of the server.
set -eu
mkdir -p "$HOME/pages"
cp -rL /usr/share/janus/demos/. "$HOME/pages/" 2>/dev/null || true
cat > "$HOME/pages/settings.js" <<JS
var server = "http://$1:8088/janus";
var iceServers = null;
var token = "";
var apisecret = "";
JS
sed -i "/type: 'video', capture: true/d" "$HOME/pages/videoroomtest.js"
