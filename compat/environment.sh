# Environments of Python packages for what is in this folder, each made once.

cache=${RESTAUTH_COMPAT_CACHE:-$here/../.cache/compat}
mkdir -p "$cache"
cache=$(cd "$cache" && pwd)
export PYTHONDONTWRITEBYTECODE=1

find_python() {
	local p
	for p in ${PYTHON:-} python3 python3.11 python3.10 python3.12 python3.9 python3.13; do
		if "$p" -c 'import sys, venv, ensurepip; sys.exit(not (3, 7) <= sys.version_info < (3, 14))' 2>/dev/null; then
			echo "$p"
			return
		fi
	done
	echo 'compat: Python 3.7 to 3.13 with venv is missing: run scripts/test-deps.sh, or set PYTHON' >&2
	return 1
}

# environment FILE [PACKAGE...] prints the folder of one with the packages that FILE lists.
# Another Python or another list makes another environment.
environment() {
	local list=$1 key venv
	shift
	key=$({ "$python" -VV; cat "$list"; echo "$@"; } | cksum | cut -d' ' -f1)
	venv=$cache/venv-$key
	if [ ! -e "$venv/complete" ]; then
		rm -rf "$venv"
		"$python" -m venv "$venv" >&2
		"$venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$list" "$@" >&2
		touch "$venv/complete"
	fi
	echo "$venv"
}
