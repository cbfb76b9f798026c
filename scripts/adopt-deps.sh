#!/bin/sh
# Finds, or as far as it may installs, what `make adopt` needs beside what the tests
# need (scripts/test-deps.sh): the languages of those frameworks whose hashes it has
# written, a JDK 17 or newer with Maven 3.8 or newer, PHP 8.1 or newer, Ruby with
# bcrypt, Perl with JSON::PP; Apache's htpasswd and OpenSSL; and the sources of Devise,
# of WordPress 6.8 or newer and slappasswd.
#
#   scripts/adopt-deps.sh          install what is missing
#   scripts/adopt-deps.sh --check  only look; exit 1 and say what is missing
#
# Debian's packages are installed by root on Debian. Anyone else is given one line
# for an administrator. WordPress and Devise are only read, and slapd would run as a
# service: these are unpacked, never installed, to where scripts/cache.sh says.
set -eu

here=$(cd "$(dirname "$0")" && pwd)
# shellcheck source=cache.sh
. "$here/cache.sh"
# shellcheck source=debian.sh
. "$here/debian.sh"

say() { printf 'adopt-deps: %s\n' "$*"; }
fail() { printf 'adopt-deps: %s\n' "$*" >&2; exit 1; }

has_jdk() {
	have java && have javac &&
		[ "$(javac -version 2>&1 | sed -n 's/^javac \([0-9][0-9]*\).*/\1/p')" -ge 17 ] 2>/dev/null
}
has_maven() { have mvn && mvn -v 2>/dev/null | grep -Eq 'Apache Maven (3\.([89]|[1-9][0-9])|[4-9])\.'; }
has_php() { have php && php -r 'exit(PHP_VERSION_ID >= 80100 && defined("PASSWORD_ARGON2ID") ? 0 : 1);' >/dev/null 2>&1; }
has_ruby() { have ruby && ruby -e 'require "bcrypt"' >/dev/null 2>&1; }
has_perl() { have perl && perl -MJSON::PP -e 1 >/dev/null 2>&1; }
has_htpasswd() { have htpasswd; }
has_openssl() { have openssl; }
has_devise() { unpacked ruby-devise usr/share/rubygems-integration; }
has_wordpress() { unpacked wordpress-sid usr/share/wordpress/wp-includes/pluggable.php; }
has_slappasswd() { unpacked slapd usr/sbin/slappasswd; }

all="jdk maven php ruby perl htpasswd openssl devise wordpress slappasswd"
missing() {
	for name in $all; do "has_$name" || echo "$name"; done
}

# hint NAME: what it is, and how a person installs it by hand.
hint() {
	case $1 in
	jdk) echo "a JDK 17 or newer (java and javac on the PATH; Debian: default-jdk-headless)" ;;
	maven) echo "Maven 3.8 or newer (mvn on the PATH; Debian: maven)" ;;
	php) echo "PHP 8.1 or newer with Argon2 (php on the PATH; Debian: php-cli)" ;;
	ruby) echo "Ruby with the gem bcrypt (ruby on the PATH; Debian: ruby ruby-bcrypt)" ;;
	perl) echo "Perl with JSON::PP (perl on the PATH; Debian: perl)" ;;
	htpasswd) echo "htpasswd of Apache 2.4 (on the PATH; Debian: apache2-utils)" ;;
	openssl) echo "openssl (on the PATH; Debian: openssl)" ;;
	devise) echo "Devise's sources (on Debian this script fetches them)" ;;
	wordpress) echo "WordPress 6.8 or newer (on Debian this script fetches it)" ;;
	slappasswd) echo "slapd with slappasswd (on Debian this script fetches it)" ;;
	esac
}

# packages NAME: the Debian packages that bring it; none when this script can
# fetch it without an administrator.
packages() {
	case $1 in
	jdk) echo default-jdk-headless ;;
	maven) echo maven ;;
	php) echo php-cli ;;
	ruby) echo ruby ruby-bcrypt ;;
	perl) echo perl ;;
	htpasswd) echo apache2-utils ;;
	openssl) echo openssl ;;
	esac
}

print_missing() {
	say "missing:" >&2
	for name in "$@"; do printf '  - %s\n' "$(hint "$name")" >&2; done
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
	fail "run scripts/adopt-deps.sh, or install these by hand"
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
has_devise || unpack ruby-devise '1 MB'
has_wordpress || unpack_by fetch_foreign_alone_into wordpress-sid '20 MB' wordpress
has_slappasswd || unpack_by fetch_own_into slapd '2 MB' slapd libltdl7 libwrap0

still=$(missing)
if [ -z "$still" ]; then
	say "everything is there"
	exit 0
fi
# shellcheck disable=SC2086 # a list of words on purpose
print_missing $still
if [ -n "$list" ] && have apt-get && [ "$(id -u)" -ne 0 ]; then hand_over "$list"; fi
fail "install these by hand"
