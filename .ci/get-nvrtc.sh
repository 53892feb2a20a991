#!/usr/bin/env bash
# Unpacks NVRTC 12.4 (no GPU or driver needed) from Debian's packages into a folder and prints where the library lies: get-nvrtc.sh FOLDER
set -euo pipefail
into=$1
if ! found=$(find "$into/root" -name libnvrtc.so.12 -printf '%h\n' 2>/dev/null | head -n 1) || [ -z "$found" ]; then
    mkdir -p "$into/lists/partial" "$into/debs" "$into/parts"
    # The machine's own Debian source, asked for the non-free part of the release that has it.
    sed -e 's/^Suites:.*/Suites: trixie/' -e 's/^Components:.*/Components: non-free/' /etc/apt/sources.list.d/debian.sources | awk 'BEGIN { RS = ""; ORS = "\n\n" } NR == 1' > "$into/parts/trixie.sources"
    options=(-oDir::Etc::SourceList=/dev/null "-oDir::Etc::SourceParts=$into/parts" "-oDir::State::Lists=$into/lists" -oAPT::Sandbox::User=root)
    apt-get "${options[@]}" update -q >&2
    (cd "$into/debs" && apt-get "${options[@]}" download -q libnvrtc12 libnvrtc-builtins12.4 >&2)
    for package in "$into"/debs/*.deb; do dpkg -x "$package" "$into/root"; done
    found=$(find "$into/root" -name libnvrtc.so.12 -printf '%h\n' | head -n 1)
fi
[ -n "$found" ] || { echo "no libnvrtc.so.12 in the packages" >&2; exit 1; }
echo "$found"
