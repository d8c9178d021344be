#!/bin/sh
# Makes a Flatpak app of a program of this machine, without a runtime from elsewhere: make.sh [--bundles] FOLDER PROGRAM...
# FOLDER becomes FLATPAK_USER_DIR; each program and the libraries that it needs are copied. With --bundles nothing
# is installed: FOLDER is given runtime.flatpak and app.flatpak.
set -eu
bundles=
if [ "$1" = --bundles ]; then bundles=1; shift; fi
to=$1; shift
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
arch=$(flatpak --default-arch)
mkdir -p "$work/runtime/files" "$work/runtime/usr/bin" "$work/runtime/usr/lib" "$work/app/files/bin" "$work/app/export"
printf '[Runtime]\nname=test.muteproof.Platform\nruntime=test.muteproof.Platform/%s/1\nsdk=test.muteproof.Platform/%s/1\n' "$arch" "$arch" > "$work/runtime/metadata"
lib="$work/runtime/usr/lib/$arch-linux-gnu"
mkdir -p "$lib" "$work/runtime/usr/lib64"
for program in "$@" sh; do
  real=$(realpath "$(command -v "$program")")
  cp "$real" "$work/runtime/usr/bin/$(basename "$program")"
  ldd "$real" | grep -o '/[^ ]*' | while read -r library; do cp -nL "$library" "$lib/"; done
done
mv "$lib"/ld-linux* "$work/runtime/usr/lib64/"
printf '[Application]\nname=test.muteproof.App\nruntime=test.muteproof.Platform/%s/1\nsdk=test.muteproof.Platform/%s/1\ncommand=%s\n\n[Context]\nshared=network;ipc;\nsockets=x11;pulseaudio;\n' \
  "$arch" "$arch" "$(basename "$1")" > "$work/app/metadata"
cd "$work"
flatpak build-export --runtime repo runtime 1
flatpak build-export repo app 1
if [ "$bundles" ]; then
  flatpak build-bundle --runtime repo "$to/runtime.flatpak" test.muteproof.Platform 1
  flatpak build-bundle repo "$to/app.flatpak" test.muteproof.App 1
  exit
fi
export FLATPAK_USER_DIR="$to"
flatpak --user remote-add --no-gpg-verify here "$work/repo"
flatpak --user install --noninteractive here test.muteproof.App
