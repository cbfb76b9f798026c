# To be sourced: puts the Node that scripts/test-deps.sh installed, if it had to,
# in front of an older one. Wants scripts/cache.sh, or finds it from bash.
# shellcheck shell=bash
if ! command -v caches >/dev/null; then
	# shellcheck source=cache.sh
	. "$(dirname "${BASH_SOURCE[0]}")/cache.sh"
fi
while IFS= read -r node_bin; do
	node_bin=$node_bin/node/bin
	if [ -x "$node_bin/node" ]; then
		PATH=$node_bin:$PATH
		break
	fi
done <<CACHES
$(caches)
CACHES
unset node_bin
export PATH
