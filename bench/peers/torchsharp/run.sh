#!/usr/bin/env bash
# Runs the TorchSharp peer: run.sh [THREADS] [FOLDER FOR A DEBIAN ROOT]. Workloads are read from standard input, one a line: pretrain, finetune, prefill, decode.
# libtorch wants a newer C library than Debian 12 has, so it runs in a small Debian 13 root, made once in about a minute. Needs root and debootstrap.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
threads=${1:-$(nproc)}
root=${2:-/tmp/llavacuda-trixie}

fail() { echo "$1" >&2; exit 1; }
[ "$(id -u)" = 0 ] || fail "the peer needs root, to run in a Debian 13 root"
if [ ! -e "$root/complete" ]; then
  command -v debootstrap >/dev/null || fail "the peer needs debootstrap (apt-get install debootstrap) or a Debian 13 root at $root"
  debootstrap --variant=minbase --include=libicu76,libgomp1 trixie "$root" >&2
  touch "$root/complete"
fi

build=$(mktemp -d)
mounted=()
finish() {
  for place in ${mounted[@]+"${mounted[@]}"}; do umount "$place"; done
  rm -rf "$build"
}
trap finish EXIT
cp "$here"/*.cs "$here"/*.csproj "$build"
(cd "$build" && dotnet build -c Release -v q -o "$build/out" >&2)
cp "$here/../small.json" "$build/out/"

sdk=$(dirname "$(readlink -f "$(command -v dotnet)")")
mkdir -p "$root/dotnet" "$root/peer" "$root/proc"
mount --bind "$sdk" "$root/dotnet"; mounted+=("$root/dotnet")
mount --bind "$build/out" "$root/peer"; mounted+=("$root/peer")
mount -t proc proc "$root/proc"; mounted+=("$root/proc")
chroot "$root" /dotnet/dotnet /peer/peer.dll /peer/small.json "$threads"
