#!/usr/bin/env bash
# Change control of openapi.yaml. contract/released keeps every accepted
# contract; each has to follow from the one before it, and openapi.yaml from the
# newest, by three rules:
#
#   1. what changed has a higher info.version;
#   2. what breaks clients has a higher major;
#   3. CHANGELOG.md says under "## VERSION", "### Contract" what changed.
#
# openapi.yaml itself is the newest accepted one: so a change of a single byte
# is seen in every clone.
#
#   contract/changes.sh          needs no history: a clone of one commit will do
#   contract/changes.sh BASE     also against a commit, such as origin/main
#
# The tests call it with RESTAUTH_CONTRACT_ROOT.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=versions.sh
source "$(dirname "$0")/versions.sh"

# Against a commit: its openapi.yaml is a contract that people may already use,
# accepted or not, and what was accepted there stays as it is.
since() {
	local base name
	base=$(git -C "$root" rev-parse --quiet --verify "$1^{commit}") ||
		die "there is no commit $1 here; fetch it first"
	while read -r name; do
		git -C "$root" show "$base:$name" >"$tmp/accepted.yaml"
		cmp -s "$tmp/accepted.yaml" "$root/$name" ||
			die "$name was accepted in $1 and is never changed again; restore it and raise info.version"
	done < <(git -C "$root" ls-tree --name-only "$base" contract/released/)
	if git -C "$root" show "$base:openapi.yaml" >"$tmp/base.yaml" 2>/dev/null; then
		step "$tmp/base.yaml" "$spec"
	fi
}

chain
[ -n "$latest" ] || die "contract/released is empty: run make contract-accept"
step "$latest" "$spec"
if [ $# -gt 0 ]; then since "$1"; fi
cmp -s "$latest" "$spec" ||
	die "contract $(version "$spec") keeps the rules but is not accepted yet: run make contract-accept and commit"
echo "openapi.yaml is contract $(version "$spec"), as accepted"
