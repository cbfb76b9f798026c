#!/usr/bin/env bash
# make compat: runs the real Flask-JWT beside restauth and compares them, as it is and
# with each of its settings changed. The packages go into .cache/compat, once; options are
# compare.py's, and with one the settings stay as they are.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/environment.sh"
python=$(find_python)
venv=$(environment "$here/requirements.txt")
cd "$here"
"$venv/bin/python" -W ignore -m unittest -q test_judge test_settings test_speech
"$venv/bin/python" compare.py "$@"
if [ $# -eq 0 ]; then "$venv/bin/python" settings.py; fi
