#!/usr/bin/env bash
# make compat: runs the real Flask-JWT beside restauth and compares them. The
# packages go into .cache/compat, once; options are compare.py's.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/environment.sh"
python=$(find_python)
venv=$(environment "$here/requirements.txt")
cd "$here"
"$venv/bin/python" -W ignore -m unittest -q test_judge test_settings
exec "$venv/bin/python" compare.py "$@"
