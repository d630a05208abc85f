#!/bin/sh
# Runs the stack for development: it starts again when Python code changes, and Vite serves the page: dev.sh PYTHON
set -eu
python=$1
mark=$(mktemp)
watcher=

finish() {
    [ -z "$watcher" ] || kill "$watcher" 2>/dev/null || :
    rm -f "$mark"
    "$python" -m deploy.local down
}
trap finish EXIT
trap 'exit 0' INT TERM HUP

"$python" -m deploy.local up --detach
while sleep 1; do
    if [ -n "$(find services/*/ shared deploy -name '*.py' -newer "$mark" | head -n 1)" ]; then
        touch "$mark"
        "$python" -m deploy.local down
        "$python" -m deploy.local up --detach || echo "the stack does not start: change the code, then it is tried again"
    fi
done &
watcher=$!
sh deploy/npm.sh "$python" run dev
