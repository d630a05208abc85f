#!/bin/sh
# Makes sure that a Chromium for the browser tests is installed; as root on Debian it installs one.
set -eu
for name in "${CHROMIUM:-}" chromium chromium-browser google-chrome; do
    [ -n "$name" ] && command -v "$name" >/dev/null 2>&1 && exit 0
done
if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing Chromium and a font with Korean letters for the browser tests"
    apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends chromium fonts-noto-cjk >/dev/null
    exit 0
fi
echo "no Chromium was found: install it (Debian: apt-get install chromium), or name one: CHROMIUM=/path make test" >&2
exit 1
