#!/bin/sh
# Runs the collector of this machine; its settings come from the environment, as the line of `add-host` sets them.
set -eu
cd "$(dirname "$0")/.."
python=.venv/bin/python

if ! "$python" -c 'import nats, psutil, msgpack, yaml' >/dev/null 2>&1; then
    echo "Installing the collector's packages into .venv (the first time this takes a minute)" >&2
    sh deploy/make_venv.sh "${PYTHON:-python3}" .venv
    "$python" -m pip install --quiet --disable-pip-version-check --no-input --require-hashes --only-binary :all: \
        -r requirements/collector.txt
fi
exec "$python" -m services.collector "$@"
