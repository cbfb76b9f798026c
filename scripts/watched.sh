#!/usr/bin/env bash
# scripts/watched.sh WHAT COMMAND...: runs it, and says every 15 seconds that WHAT
# goes on. The exit code is the command's.
set -euo pipefail
what=$1
shift
# The sleep that is left over must not keep a reader of the output waiting.
(while sleep 15 >/dev/null 2>&1; do echo "$what: ${SECONDS}s"; done) &
beat=$!
trap 'kill "$beat" 2>/dev/null || true' EXIT
"$@"
