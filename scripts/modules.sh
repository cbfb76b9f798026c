#!/usr/bin/env bash
# The Go modules whose code is checked and tested together. bench has targets of its
# own, and the others only pin tools.
#
#   scripts/modules.sh              their folders, one a line
#   scripts/modules.sh COMMAND...   runs it in each of them; fails when one run fails
set -euo pipefail
cd "$(dirname "$0")/.."
modules=(. clients/go examples contract/foreign)
if [ $# -eq 0 ]; then
	printf '%s\n' "${modules[@]}"
	exit
fi
code=0
for module in "${modules[@]}"; do
	(cd "$module" && "$@") || { code=$?; printf 'modules.sh: in %s: exit code %s: %s\n' "$module" "$code" "$*" >&2; }
done
exit "$code"
