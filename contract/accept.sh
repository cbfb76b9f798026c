#!/usr/bin/env bash
# Accepts openapi.yaml as the contract of its info.version: changes.sh holds all
# later ones to it. Accept with the change itself; what was committed once is
# never written over.
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=versions.sh
source "$(dirname "$0")/versions.sh"

new=$(version "$spec")
target=$released/openapi-$new.yaml
if cmp -s "$target" "$spec"; then
	echo "openapi.yaml is already accepted as contract $new"
	exit
fi
if [ -e "$target" ] && git -C "$root" cat-file -e "HEAD:contract/released/${target##*/}" 2>/dev/null; then
	die "contract $new is accepted and committed, and openapi.yaml differs from it; raise info.version"
fi
# What is not committed yet is a draft: it may be replaced, and nothing follows it.
chain "$target"
if [ -n "$latest" ]; then
	oasdiff changelog "$latest" "$spec" || die "oasdiff cannot compare contract $new with $(version "$latest")"
	step "$latest" "$spec"
else
	logged "$new"
fi
mkdir -p "$released"
cp "$spec" "$tmp/accepted.yaml"
mv "$tmp/accepted.yaml" "$target"
chmod 644 "$target"
echo "contract $new is accepted; commit ${target#"$root"/}"
