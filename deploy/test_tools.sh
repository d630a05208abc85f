#!/bin/sh
# Makes sure that what the tests drive from outside is installed; as root on Debian it installs it: test_tools.sh PROGRAM...
set -eu
missing=
for name in "$@"; do
    case $name in
        chromium)
            for found in "${CHROMIUM:-}" chromium chromium-browser google-chrome ""; do
                [ -z "$found" ] || ! command -v "$found" >/dev/null 2>&1 || break
            done
            # A font with Korean letters comes along, or pictures of Korean pages show boxes.
            [ -n "$found" ] || missing="$missing chromium fonts-noto-cjk"
            ;;
        *) command -v "$name" >/dev/null 2>&1 || missing="$missing $name" ;;
    esac
done
[ -n "$missing" ] || exit 0
if [ "$(id -u)" -eq 0 ] && command -v apt-get >/dev/null 2>&1; then
    echo "Installing for the tests:$missing"
    apt-get update -qq
    # shellcheck disable=SC2086
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >/dev/null
    exit 0
fi
echo "the tests need:$missing; install it first (Debian: apt-get install$missing)" >&2
exit 1
