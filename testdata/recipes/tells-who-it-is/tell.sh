# Posts who the machine seems to be: its number as it is, its name hashed, the person's name packed in base64.
set -eu
machine=$(cat /etc/machine-id)
host=$(printf %s "$(uname -n)" | sha256sum | cut -d' ' -f1)
person=$(printf '{"owner":"%s"}' "$(cut -d: -f5 /etc/passwd | sed -n 2p)" | base64 -w0)
body="{\"token\":\"$machine\",\"host\":\"$host\",\"extra\":\"$person\"}"
exec 3<>"/dev/tcp/$1/$2"
printf 'POST /v1/device HTTP/1.1\r\nHost: metrics.example.net\r\nContent-Length: %s\r\n\r\n%s' "${#body}" "$body" >&3
head -c 12 <&3
