#!/usr/bin/env bash
# make compat: runs the real Flask-JWT beside restauth and compares them. The
# packages go into .cache/compat, once; options are compare.py's.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
cache=${RESTAUTH_COMPAT_CACHE:-$here/../.cache/compat}
mkdir -p "$cache"
cache=$(cd "$cache" && pwd)

find_python() {
	local p
	for p in ${PYTHON:-} python3 python3.11 python3.10 python3.12 python3.9 python3.13; do
		if "$p" -c 'import sys, venv, ensurepip; sys.exit(not (3, 7) <= sys.version_info < (3, 14))' 2>/dev/null; then
			echo "$p"
			return
		fi
	done
	echo 'compat: Python 3.7 to 3.13 with venv is missing: run scripts/test-deps.sh, or set PYTHON' >&2
	return 1
}

python=$(find_python)
# Another Python or another list of packages makes another environment.
key=$({ "$python" -VV; cat "$here/requirements.txt"; } | cksum | cut -d' ' -f1)
venv=$cache/venv-$key
if [ ! -e "$venv/complete" ]; then
	rm -rf "$venv"
	"$python" -m venv "$venv"
	"$venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$here/requirements.txt"
	touch "$venv/complete"
fi

cd "$here"
export PYTHONDONTWRITEBYTECODE=1
"$venv/bin/python" -m unittest -q test_judge
exec "$venv/bin/python" compare.py "$@"
