#!/usr/bin/env bash
# Holds openapi.yaml to the house's rules in two linters that know nothing of
# each other, and loads it in a third program, and shows that each can refuse.
#
#   contract/lint.sh [FILE]   FILE instead of openapi.yaml, without the proof
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=env.sh
source "$(dirname "$0")/env.sh"
file=$(realpath "${1:-$contract/../openapi.yaml}")
cd "$contract"

# quietly NAME COMMAND...: what a tool says matters when it refuses.
quietly() {
	local name=$1 out
	shift
	if ! out=$("$@" 2>&1); then
		printf '%s\n' "$out" >&2
		die "$name refuses $file"
	fi
	echo "$name accepts ${file##*/}"
}

quietly Redocly "$node_bin/redocly" lint --config redocly.yaml --lint-config error --format stylish "$file"
quietly Spectral "$node_bin/spectral" lint --ruleset .spectral.yaml --fail-severity hint "$file"
quietly openapi-spec-validator "$python" -m openapi_spec_validator --schema 3.0 "$file"
if [ $# -eq 0 ]; then
	REDOCLY=$node_bin/redocly SPECTRAL=$node_bin/spectral "$python" -m unittest -q test_lint
fi
