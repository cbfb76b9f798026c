#!/usr/bin/env bash
# Generate the low-level client from openapi.yaml.
#   generate.sh [DIR]    default DIR: src/restauth_client/gen
# The tools of requirements/tools.txt are in .cache/tools: check.sh makes it.
set -euo pipefail
cd "$(dirname "$0")"
out=${1:-src/restauth_client/gen}
spec=../../openapi.yaml
tools=$PWD/.cache/tools/bin
[ -x "$tools/openapi-python-client" ] || ./check.sh tools >&2

rm -rf "$out"
# The generator finds ruff, its formatter, on PATH. It has no word for operations
# it had to leave out but a warning: take a warning for a failure.
PATH=$tools:$PATH openapi-python-client generate --fail-on-warning \
  --path "$spec" --config generate.yaml --meta none --output-path "$out" >&2

# The package takes its version from the contract.
"$tools/python" - "$spec" >"$out/contract.py" <<'PY'
import sys
from pathlib import Path

from ruamel.yaml import YAML

version = YAML(typ="safe").load(Path(sys.argv[1]))["info"]["version"]
print('"""The contract this client was generated from."""\n')
print(f'VERSION = "{version}"')
PY
