# To be sourced: where test-deps.sh keeps what Debian does not have (MySQL and a
# new enough Node). RESTAUTH_TEST_CACHE alone when it is set. Else the machine's
# folder, where root puts them for everyone, and then the user's own.
# internal/dbtest looks in the same places.
# shellcheck shell=sh
machine_cache=/var/cache/restauth-test
caches() {
	if [ -n "${RESTAUTH_TEST_CACHE:-}" ]; then
		echo "$RESTAUTH_TEST_CACHE"
		return
	fi
	echo "$machine_cache"
	if [ -n "${XDG_CACHE_HOME:-${HOME:-}}" ]; then
		echo "${XDG_CACHE_HOME:-$HOME/.cache}/restauth-test"
	fi
}
