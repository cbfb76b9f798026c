#!/usr/bin/env bash
# Everything that has to hold for the Python client: the generated code is that
# of openapi.yaml, lint, types, build, and all tests on the oldest and the newest
# Python. Environments are kept in .cache/, made anew when requirements/ change.
set -euo pipefail
cd "$(dirname "$0")"
export PIP_DISABLE_PIP_VERSION_CHECK=1 PYTHONDONTWRITEBYTECODE=1

fail() {
  echo "clients/python/check.sh: $*" >&2
  exit 1
}

# Print an interpreter of that version: the one on PATH, else pyenv's.
find_python() {
  local name=python$1
  if "$name" -c '' 2>/dev/null; then
    command -v "$name"
  elif command -v pyenv >/dev/null && PYENV_VERSION=$(pyenv latest "$1" 2>/dev/null); then
    PYENV_VERSION=$PYENV_VERSION pyenv which "$name" 2>/dev/null
  else
    return 1
  fi
}

# Make the environment .cache/NAME with what requirements/NAME.txt says.
environment() {
  local name=$1 python=$2 want
  want="$("$python" --version) $(cksum <"requirements/$name.txt")"
  if [ "$(cat ".cache/$name/made-of" 2>/dev/null)" != "$want" ]; then
    rm -rf ".cache/$name"
    "$python" -m venv ".cache/$name"
    ".cache/$name/bin/python" -m pip install --quiet -r "requirements/$name.txt"
    echo "$want" >".cache/$name/made-of"
  fi
}

step() { printf '\n== %s (%ss)\n' "$*" "$SECONDS"; }

# 3.9 is the oldest supported; a machine without it tests the oldest it has.
oldest=
for version in 3.9 3.10 3.11 3.12 3.13; do
  oldest=$(find_python "$version") && break
done
[ -n "$oldest" ] || fail "needs a Python from 3.9 on: install python3.9"
[ "$version" = 3.9 ] || echo "NOTE: no Python 3.9 here, the oldest tested is $version" >&2
newest=
for version in 3.14 3.13 3.12 3.11; do
  newest=$(find_python "$version") && break
done
[ -n "$newest" ] || fail "needs a Python from 3.11 on: install python3.13"

step "environments: $("$oldest" --version), $("$newest" --version)"
environment tools "$newest"
if [ "${1-}" = tools ]; then exit; fi # for generate.sh, which needs no more
environment floor "$oldest"
tools=.cache/tools/bin

step "drift"
./generate.sh .cache/gen
diff -r -x __pycache__ .cache/gen src/restauth_client/gen ||
  fail "src/restauth_client/gen is not what openapi.yaml gives: run clients/python/generate.sh"

step "lint"
$tools/ruff check --no-cache .
$tools/ruff format --no-cache --check .

step "build"
rm -rf dist
# The wheel is made from the sdist: both are known to be whole.
$tools/python -m build --no-isolation --outdir dist . >.cache/build.log 2>&1 ||
  fail "the build failed: $(cat .cache/build.log)"
ls dist

checks() {
  local python=.cache/$1/bin/python
  printf '\n'
  $python --version
  $python -m pip install --quiet --no-deps --force-reinstall dist/*.whl
  $python -m mypy --cache-dir ".cache/mypy-$1"
  $python -m pytest -q -p no:cacheprovider
}

step "types and tests"
# Side by side: most of their time is waiting for tokens to end. Both in the
# background: bash would not stop at a failure inside `checks || ...`.
checks floor >.cache/floor.log 2>&1 &
floor=$!
checks tools >.cache/tools.log 2>&1 &
newer=$!
failed=
wait "$floor" || failed=1
wait "$newer" || failed=1
cat .cache/floor.log .cache/tools.log
[ -z "$failed" ] || fail "types or tests failed, see above"
step "done"
