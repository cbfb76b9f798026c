#!/usr/bin/env bash
# Runs the programs of docs/verify-elsewhere.md against tokens of the real
# server. Python's and Node's packages go into .cache/verify, once.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cache=${RESTAUTH_VERIFY_CACHE:-$here/../../.cache/verify}
mkdir -p "$cache"
cache=$(cd "$cache" && pwd)

python=${PYTHON:-python3}
if ! "$python" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 9))' 2>/dev/null; then
	echo 'verify: Python 3.9 or later with venv is missing: run scripts/test-deps.sh, or set PYTHON' >&2
	exit 1
fi
if ! command -v npm >/dev/null; then
	echo 'verify: Node 20 with npm is missing: run scripts/test-deps.sh' >&2
	exit 1
fi

# Other versions or other lists of packages make other environments.
key=$({ "$python" -VV; node --version; cat "$here/requirements.txt" "$here/package.json" "$here/package-lock.json"; } | cksum | cut -d' ' -f1)
env=$cache/$key
if [ ! -e "$env/complete" ]; then
	rm -rf "$env"
	mkdir -p "$env"
	"$python" -m venv "$env/venv"
	"$env/venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$here/requirements.txt"
	cp "$here/package.json" "$here/package-lock.json" "$here/.npmrc" "$env"
	(cd "$env" && npm ci --silent)
	touch "$env/complete"
fi

cd "$here"
VERIFY_ENVIRONMENT=$env exec go test -tags verify -count=1 .
