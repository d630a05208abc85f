#!/bin/sh
# Pins the optional dependency sets of pyproject.toml with hashes: pin.sh PYTHON SET…
set -eu
python=$1
shift
for set in "$@"; do
    CUSTOM_COMPILE_COMMAND="make requirements" "$python" -m piptools compile --quiet --generate-hashes \
        --no-emit-index-url --no-emit-find-links --strip-extras --no-header --allow-unsafe \
        --extra "$set" --output-file "requirements/$set.txt" pyproject.toml
    # A set that contains another one names this checkout itself, by its path.
    sed -i.bak -e '/^vitalwire @ /,/^[^ ]/{/^vitalwire @ /d;/^    #/d;}' \
        -e '/^# WARNING: pip install will require the following/,/^# Consider using a hashable/d' "requirements/$set.txt"
    rm "requirements/$set.txt.bak"
done
