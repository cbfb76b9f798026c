#!/bin/sh
# Finds, or as root on Debian installs, what `make clients-foreign` needs beside
# what the tests need (scripts/test-deps.sh): a JDK 17 or newer, Maven 3.8 or newer,
# PHP 8.1 or newer with curl, mbstring and Guzzle 7.
#
#   scripts/foreign-deps.sh          install what is missing
#   scripts/foreign-deps.sh --check  only look; exit 1 and say what is missing
set -eu

say() { printf 'foreign-deps: %s\n' "$*" >&2; }
have() { command -v "$1" >/dev/null 2>&1; }

has_jdk() {
	have java && have javac &&
		[ "$(javac -version 2>&1 | sed -n 's/^javac \([0-9][0-9]*\).*/\1/p')" -ge 17 ] 2>/dev/null
}
has_maven() { have mvn && mvn -v 2>/dev/null | grep -Eq 'Apache Maven (3\.([89]|[1-9][0-9])|[4-9])\.'; }
has_php() {
	have php && php -r 'require "GuzzleHttp/autoload.php";
		exit(PHP_VERSION_ID >= 80100 && extension_loaded("curl") && extension_loaded("mbstring")
			&& GuzzleHttp\ClientInterface::MAJOR_VERSION === 7 ? 0 : 1);' >/dev/null 2>&1
}

missing() {
	for name in jdk maven php; do "has_$name" || echo "$name"; done
}

# hint NAME: what it is, and how a person installs it by hand.
hint() {
	case $1 in
	jdk) echo "a JDK 17 or newer (java and javac on the PATH; Debian: default-jdk-headless)" ;;
	maven) echo "Maven 3.8 or newer (mvn on the PATH; Debian: maven)" ;;
	php) echo "PHP 8.1 or newer with curl, mbstring and Guzzle 7 on its include path (Debian: $(packages php))" ;;
	esac
}

# packages NAME: the Debian packages that bring it.
packages() {
	case $1 in
	jdk) echo default-jdk-headless ;;
	maven) echo maven ;;
	php) echo php-cli php-curl php-mbstring php-guzzlehttp-guzzle ;;
	esac
}

case ${1-} in
'' | --check) ;;
*)
	say "unknown option $1; the only one is --check"
	exit 1
	;;
esac

wanted=$(missing)
[ -n "$wanted" ] || exit 0
list=$(for name in $wanted; do packages "$name"; done | xargs)
if [ -z "${1-}" ] && [ "$(id -u)" -eq 0 ] && have apt-get; then
	say "installing $list (a minute or two)"
	log=$(mktemp)
	export DEBIAN_FRONTEND=noninteractive
	# shellcheck disable=SC2086 # a list of words on purpose
	apt-get install -y --no-install-recommends $list >"$log" 2>&1 ||
		{ apt-get update >>"$log" 2>&1 && apt-get install -y --no-install-recommends $list >>"$log" 2>&1; } ||
		{
			tail -n 20 "$log" >&2
			say "apt-get install $list failed; the whole log is $log"
			exit 1
		}
	rm -f "$log"
	wanted=$(missing)
	[ -n "$wanted" ] || exit 0
fi
say "missing:"
for name in $wanted; do printf '  - %s\n' "$(hint "$name")" >&2; done
if have apt-get; then say "on Debian, as root: apt-get update && apt-get install -y --no-install-recommends $list"; fi
exit 1
