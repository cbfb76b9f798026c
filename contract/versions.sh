# Sourced by changes.sh and accept.sh: what both know of contracts and versions.
# shellcheck shell=bash
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# A test gives a folder of its own with openapi.yaml, CHANGELOG.md and
# contract/released in it.
root=$(cd "${RESTAUTH_CONTRACT_ROOT:-$here/..}" && pwd)
released=$root/contract/released
spec=$root/openapi.yaml
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

die() {
	printf 'contract: %s\n' "$*" >&2
	exit 1
}

oasdiff() {
	# An empty configuration of its own: none that lies about may loosen it.
	(cd "$here/.." && ${GO:-go} tool -modfile=contract/tools/go.mod oasdiff \
		"$@" --config contract/oasdiff.yaml --severity-levels contract/oasdiff-severity.txt)
}

# version FILE prints its info.version. What is no MAJOR.MINOR.PATCH, written
# once and plainly, is refused, so that nothing is compared by mistake.
version() {
	local v
	v=$(awk '
		/^info:[ \t]*$/ { info = 1; next }
		/^[^ \t#]/ { info = 0 }
		info && /^  version:/ { print $2 }' "$1" | tr -d "'\"\r")
	[[ $v =~ ^(0|[1-9][0-9]{0,5})\.(0|[1-9][0-9]{0,5})\.(0|[1-9][0-9]{0,5})$ ]] ||
		die "$1: write info.version as MAJOR.MINOR.PATCH on a line of its own"
	printf '%s\n' "$v"
}

# newer A B: A comes after B.
newer() {
	[ "$1" != "$2" ] && [ "$(printf '%s\n' "$1" "$2" | sort -V | tail -n 1)" = "$1" ]
}

# accepted lists the accepted contracts, the oldest first.
accepted() {
	find "$released" -maxdepth 1 -name 'openapi-*.yaml' 2>/dev/null | sort -V
}

# logged VERSION: CHANGELOG.md has a section of that version, and in it a part
# about the contract with something in it.
logged() {
	awk -v version="$1" '
		/^## / { section = ($2 == version); part = 0; next }
		/^### / { part = section && $2 == "Contract"; next }
		part && /^[-*] +[^ ]/ { found = 1 }
		END { exit !found }' "$root/CHANGELOG.md" 2>/dev/null ||
		die "CHANGELOG.md has no \"## $1\" with a \"### Contract\" that lists what changed"
}

# excused OLD NEW: the findings of oasdiff that contract/accepted/VERSION.md names,
# with the reason, for the versions after OLD up to NEW. They count in no other step.
excused() {
	local file v
	for file in "$root"/contract/accepted/*.md; do
		v=${file##*/}
		v=${v%.md}
		if [ -e "$file" ] && newer "$v" "$1" && ! newer "$v" "$2"; then grep '^- ' "$file" || true; fi
	done
}

# step OLD NEW holds one contract that follows another to the rules.
step() {
	local old new name=${2#"$root"/} out
	old=$(version "$1")
	new=$(version "$2")
	logged "$new"
	if cmp -s "$1" "$2"; then return; fi
	[ "$new" != "$old" ] ||
		die "$name differs from contract $old and still calls itself $old; raise info.version"
	newer "$new" "$old" ||
		die "$name is $new, but contract $old came before it; raise info.version"
	if [ "${new%%.*}" != "${old%%.*}" ]; then return; fi
	excused "$old" "$new" >"$tmp/excused.md"
	if ! out=$(oasdiff breaking "$1" "$2" --fail-on WARN \
		--err-ignore "$tmp/excused.md" --warn-ignore "$tmp/excused.md" 2>&1); then
		printf '%s\n' "$out" >&2
		die "$name breaks clients of contract $old; make it compatible, or raise info.version to $((${old%%.*} + 1)).0.0"
	fi
}

# chain [DRAFT] holds the accepted contracts to the rules, one after another,
# leaving a draft out, and sets latest to the last. A file under another name
# than its own version would hide a step.
chain() {
	local file v
	latest=''
	while read -r file; do
		if [ "$file" = "${1-}" ]; then continue; fi
		v=$(version "$file")
		[ "${file##*/}" = "openapi-$v.yaml" ] || die "${file#"$root"/} holds contract $v; name it openapi-$v.yaml"
		if [ -n "$latest" ]; then step "$latest" "$file"; else logged "$v"; fi
		latest=$file
	done < <(accepted)
}
