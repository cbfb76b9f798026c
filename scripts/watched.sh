#!/usr/bin/env bash
# scripts/watched.sh WHAT COMMAND...: runs it, and says every 15 seconds that WHAT
# goes on. The exit code is the command's. In a command that is watched it says nothing:
# several short ones in a row are as silent as a long one, and are watched together.
set -euo pipefail
what=$1
shift
if [ -n "${WATCHED_ALREADY:-}" ]; then
	exec "$@"
fi
export WATCHED_ALREADY=1
# The sleep that is left over must not keep a reader of the output waiting.
(while sleep 15 >/dev/null 2>&1; do echo "$what: ${SECONDS}s"; done) &
beat=$!
trap 'kill "$beat" 2>/dev/null || true' EXIT
"$@"
