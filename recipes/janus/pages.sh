#!/bin/sh
# The server's demo pages as its package has them; only the server's address is written, and no camera
# is asked for. $1: address of the server.
set -eu
pages=$HOME/pages
mkdir -p "$pages"
cp -rL /usr/share/janus/demos/. "$pages/" 2>/dev/null || true
# In Debian testing (Janus 1.4) they lie one folder deeper, and no longer end in `test`.
if [ -d "$pages/demos" ]; then
    cp -r "$pages/demos/." "$pages/"
    for page in audiobridge videoroom; do
        cp "$pages/$page.html" "$pages/${page}test.html"
        cp "$pages/$page.js" "$pages/${page}test.js"
    done
fi
cat > "$pages/settings.js" <<JS
var server = "http://$1:8088/janus";
var iceServers = null;
var token = "";
var apisecret = "";
JS
# Several lines may ask for the camera: all up to the bracket that closes.
sed -i "/type: 'video', capture: true/{:whole; /}/!{N; b whole}; d}" "$pages"/videoroom*.js
