#!/bin/sh
# A Janus server with the plugins' own example rooms. $1: address to listen at.
set -eu
lib=$(dirname "$(ls -d /usr/lib/*/janus/plugins /usr/lib/janus/plugins /usr/lib64/janus/plugins 2>/dev/null | head -1)")
mkdir -p "$HOME/janus"
cp /etc/janus/*.jcfg "$HOME/janus/"
cat > "$HOME/janus/janus.jcfg" <<CONF
general: {
    configs_folder = "$HOME/janus"
    plugins_folder = "$lib/plugins"
    transports_folder = "$lib/transports"
    events_folder = "$lib/events"
    loggers_folder = "$lib/loggers"
    debug_level = 4
    interface = "$1"
}
nat: { ice_enforce_list = "$1" }
media: { }
plugins: { disable = "libjanus_sip.so" }
transports: { disable = "libjanus_mqtt.so,libjanus_nanomsg.so,libjanus_rabbitmq.so,libjanus_pfunix.so,libjanus_websockets.so" }
CONF
cat > "$HOME/janus/janus.transport.http.jcfg" <<CONF
general: { json = "compact" base_path = "/janus" http = true port = 8088 ip = "$1" https = false }
admin: { admin_http = false }
CONF
