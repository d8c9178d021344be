#!/bin/sh
# Posts once a second, each time by a connection of its own. $1: curl or wget; $2: to whom.
n=0
text=$(i=0; while [ $i -lt 300 ]; do printf 'some words '; i=$((i + 1)); done)
while :; do
    n=$((n + 1))
    json="{\"n\":$n,\"text\":\"$text\"}"
    case $1 in
    curl) curl -sSk --http1.1 -o /dev/null -H "Content-Type: application/json" --data-binary "$json" "https://$2:4433/curl" ;;
    wget) wget -q --no-check-certificate -O /dev/null --header="Content-Type: application/json" --post-data="$json" "https://$2:4434/wget" ;;
    esac
    sleep 1
done
