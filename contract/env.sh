# Sourced by the scripts here: installs the pinned outside tools once, and
# keeps them from calling home. Sets $python and $node_bin.
# shellcheck shell=bash
contract=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
source "$contract/../scripts/node.sh"
cache=${RESTAUTH_CONTRACT_CACHE:-$contract/../.cache/contract}
mkdir -p "$cache"
cache=$(cd "$cache" && pwd)
export REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true
export npm_config_update_notifier=false PYTHONDONTWRITEBYTECODE=1

die() {
	printf 'contract: %s\n' "$*" >&2
	exit 1
}

find_python() {
	local p
	for p in ${PYTHON:-} python3 python3.13 python3.12 python3.11; do
		if "$p" -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' 2>/dev/null; then
			echo "$p"
			return
		fi
	done
	die 'Python 3.11 to 3.14 with venv is missing: run scripts/test-deps.sh, or set PYTHON'
}

# Another Python or another list of packages makes another environment. It
# counts only once it is complete, and one run at a time makes it.
python_env() {
	local base venv
	base=$(find_python)
	venv=$cache/venv-$({ "$base" -VV; cat "$contract/requirements.txt"; } | cksum | cut -d' ' -f1)
	if [ ! -e "$venv/complete" ]; then
		rm -rf "$venv"
		"$base" -m venv "$venv"
		"$venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$contract/requirements.txt"
		touch "$venv/complete"
	fi
	python=$venv/bin/python
}

# npm ci installs exactly the lock file, whose digests it verifies.
node_env() {
	local key
	command -v npm >/dev/null || die 'npm is missing: run scripts/test-deps.sh, or install Node 20.19 or newer with npm'
	key=$({ node --version; cat "$contract/package-lock.json"; } | cksum | cut -d' ' -f1)
	if [ ! -e "$contract/node_modules/.complete-$key" ]; then
		npm --prefix "$contract" ci --silent
		touch "$contract/node_modules/.complete-$key"
	fi
	node_bin=$contract/node_modules/.bin
}

exec 9>"$cache/lock"
flock 9
python_env
node_env
exec 9>&-
