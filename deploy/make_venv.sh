#!/bin/sh
# Makes a virtual environment, or says in one sentence what is missing: make_venv.sh PYTHON DIRECTORY
set -eu
python=$1
directory=$2

command -v "$python" >/dev/null 2>&1 || {
    echo "$python was not found: install Python 3.11 or newer (Debian: apt-get install python3 python3-venv)," \
        "or name another interpreter: make PYTHON=python3.12" >&2
    exit 1
}
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
    echo "$("$python" -V) is too old: Vitalwire needs Python 3.11 or newer; name another interpreter:" \
        "make PYTHON=python3.12" >&2
    exit 1
}
"$python" -c 'import venv, ensurepip' >/dev/null 2>&1 || {
    echo "$("$python" -V) has no venv module: run 'apt-get install python3-venv' (or your system's package for it)," \
        "then again" >&2
    exit 1
}
"$python" -m venv --clear "$directory"
