#!/bin/sh
# Finds, or as root on Debian installs, what the tests run against:
# MariaDB 10.11 or newer, MySQL 8.4 or newer, Chromium, curl, Python 3.11 or newer
# with venv and pip, and Node 20.19 or newer with npm.
#
#   scripts/test-deps.sh          install what is missing
#   scripts/test-deps.sh --check  only look; exit 1 and say what is missing
#
# Debian has no MySQL, so MySQL comes from a minimal Debian unstable root under
# ${RESTAUTH_TEST_CACHE:-/var/cache/restauth-test}/mysql. It is never booted nor
# entered: the tests call the mysqld inside with that root's own loader. A
# mysqld 8.4 or newer on the PATH makes it unnecessary. Where Debian's Node is too
# old, a newer one comes from npm into the same cache; scripts/node.sh finds it.
set -eu

cache=${RESTAUTH_TEST_CACHE:-/var/cache/restauth-test}
mysql_root=$cache/mysql
check_only=no

say() { printf 'test-deps: %s\n' "$*"; }
fail() { printf 'test-deps: %s\n' "$*" >&2; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

# version_at_least WANT-MAJOR WANT-MINOR 'text with Ver X.Y.Z in it'
version_at_least() {
	v=$(printf '%s\n' "$3" | sed -n 's/.*Ver \([0-9][0-9]*\.[0-9][0-9]*\).*/\1/p')
	[ -n "$v" ] || return 1
	major=${v%%.*} minor=${v#*.}
	[ "$major" -gt "$1" ] || { [ "$major" -eq "$1" ] && [ "$minor" -ge "$2" ]; }
}

has_mariadb() {
	have mariadbd && have mariadb-install-db &&
		version_at_least 10 11 "$(mariadbd --no-defaults --version 2>/dev/null)"
}

# MariaDB installs a mysqld of its own, so the name alone proves nothing.
has_mysql_on_path() {
	have mysqld || return 1
	v=$(mysqld --no-defaults --version 2>/dev/null) || return 1
	case $v in *MariaDB*) return 1 ;; esac
	version_at_least 8 4 "$v"
}

has_mysql() { has_mysql_on_path || [ -x "$mysql_root/usr/sbin/mysqld" ]; }
has_chromium() { have chromium || have chromium-browser || have google-chrome; }
has_curl() { have curl; }
has_python() { have python3 && python3 -c 'import sys, venv, ensurepip, pip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }
has_node() {
	(. "$(dirname "$0")/node.sh" && have npm && have node &&
		node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)') 2>/dev/null
}

missing() {
	has_mariadb || echo mariadb
	has_mysql || echo mysql
	has_chromium || echo chromium
	has_curl || echo curl
	has_python || echo python
	has_node || echo node
}

# hint NAME: what a person installs by hand.
hint() {
	case $1 in
	mariadb) echo "MariaDB 10.11 or newer (mariadbd and mariadb-install-db on the PATH; Debian: apt-get install mariadb-server-core)" ;;
	mysql) echo "MySQL 8.4 or newer (mysqld on the PATH; or as root: debootstrap --variant=minbase --include=mysql-server-core sid $mysql_root)" ;;
	chromium) echo "Chromium (chromium on the PATH; Debian: apt-get install chromium)" ;;
	curl) echo "curl (Debian: apt-get install curl)" ;;
	python) echo "Python 3.11 or newer with venv and pip (Debian: apt-get install python3 python3-venv python3-pip)" ;;
	node) echo "Node 20.19 or newer with npm (node and npm on the PATH; Debian: apt-get install nodejs npm)" ;;
	esac
}

# packages NAME: the Debian packages that bring it.
packages() {
	case $1 in
	mariadb) echo mariadb-server-core mariadb-client-core ;;
	mysql) have debootstrap || echo debootstrap ;;
	chromium) echo chromium ;;
	curl) echo curl ;;
	python) echo python3 python3-venv python3-pip ;;
	node) { have node && have npm; } || echo nodejs npm ;;
	esac
}

print_missing() {
	say "missing:" >&2
	for name in "$@"; do printf '  - %s\n' "$(hint "$name")" >&2; done
}

apt_install() {
	export DEBIAN_FRONTEND=noninteractive
	# The lists of a fresh image are empty, those of an old one are stale:
	# try first, refresh only when that was not enough.
	apt-get install -y --no-install-recommends "$@" >"$cache/apt.log" 2>&1 && return
	say "refreshing the package lists"
	apt-get update >>"$cache/apt.log" 2>&1 || true
	apt-get install -y --no-install-recommends "$@" >>"$cache/apt.log" 2>&1 && return
	tail -n 20 "$cache/apt.log" >&2
	fail "apt-get install $* failed; the whole log is $cache/apt.log"
}

# A root that is half done must never look finished: build beside, then rename.
install_mysql() {
	rm -rf --one-file-system "$mysql_root.partial"
	say "building $mysql_root (a minute or two)"
	if ! debootstrap --variant=minbase --include=mysql-server-core sid \
		"$mysql_root.partial" >"$cache/debootstrap.log" 2>&1; then
		tail -n 20 "$cache/debootstrap.log" >&2
		fail "debootstrap failed; the whole log is $cache/debootstrap.log"
	fi
	rm -rf "$mysql_root.partial/var/cache/apt" "$mysql_root.partial/var/lib/apt/lists"
	chmod 755 "$mysql_root.partial"
	rm -rf --one-file-system "$mysql_root"
	mv "$mysql_root.partial" "$mysql_root"
}

# Debian stable's Node may be older than the clients' tools: the registry has a
# newer one as a package.
install_node() {
	has_node && return
	say "installing a newer Node into $cache/node"
	npm install --no-fund --no-audit --prefix "$cache/node" node@22 >"$cache/node.log" 2>&1 ||
		fail "npm install node@22 failed; see $cache/node.log"
}

install_missing() {
	wanted=$(missing) # again: another run may have held the lock until now
	[ -n "$wanted" ] || return 0
	list=
	for name in $wanted; do list="$list $(packages "$name")"; done
	# shellcheck disable=SC2086 # a list of words on purpose
	set -- $list
	if [ $# -gt 0 ]; then
		say "installing $*"
		apt_install "$@"
	fi
	case " $(echo $wanted) " in *" mysql "*) install_mysql ;; esac
	case " $(echo $wanted) " in *" node "*) install_node ;; esac
}

case ${1-} in
'') ;;
--check) check_only=yes ;;
*) fail "unknown option $1; the only one is --check" ;;
esac

wanted=$(missing)
[ -n "$wanted" ] || exit 0
# shellcheck disable=SC2086 # a list of words on purpose
if [ $check_only = yes ]; then
	print_missing $wanted
	fail "run scripts/test-deps.sh as root on Debian, or install these by hand"
fi
# shellcheck disable=SC2086
if [ "$(id -u)" -ne 0 ] || ! have apt-get; then
	print_missing $wanted
	fail "only root on Debian can have them installed here; install these by hand"
fi

umask 022
mkdir -p "$cache"
exec 9>"$cache/lock"
flock 9 # one run at a time; the lock goes when this process ends, however it ends
install_missing
still=$(missing)
# shellcheck disable=SC2086
if [ -n "$still" ]; then
	print_missing $still
	fail "still missing after installing; see $cache/apt.log"
fi
say "everything is there"
