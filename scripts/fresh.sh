#!/usr/bin/env bash
# Types the README's two commands on a fresh machine: a minimal Debian 12 (made by
# debootstrap) with nothing but ca-certificates, git, make, curl and this machine's
# Go, and a clean clone of HEAD. It fails when one of them does, and prints how long
# each took. Wants root and debootstrap; ten minutes or more.
#
#   scripts/fresh.sh         as root: the demo, make test
#   scripts/fresh.sh user    as an ordinary user, for whom an administrator types the
#                            one line that scripts/test-deps.sh prints
#   scripts/fresh.sh shell   a shell in such a machine, to look around
#
# Further arguments are typed after the two commands, each in the clone:
#   scripts/fresh.sh root 'make check'
#
# The machine has this one's proxies, mirrors, certificates and settings of Go, npm,
# pip and apt, and its network. Its Go caches are empty; with FRESH_CACHE=1 it
# is lent this machine's, to try out changes of this script. The minimal root itself is made once a week and
# unpacked from ${RESTAUTH_TEST_CACHE:-/var/cache/restauth-test}/fresh.tar each time.
# Everything runs in name spaces of its own: when this script ends, in whatever way,
# so do all processes and mounts in there.
set -euo pipefail
mode=${1:-root}
shift || true
cd "$(dirname "$0")/.."
cache=${RESTAUTH_TEST_CACHE:-/var/cache/restauth-test}

say() { printf '\n== fresh: %s\n' "$*"; }
die() {
	printf 'fresh: %s\n' "$*" >&2
	exit 1
}

case $mode in root | user | shell) ;; *) die "unknown mode $mode; there are root, user and shell" ;; esac
[ "$(id -u)" -eq 0 ] || die "needs root, to make a root and enter it: sudo make fresh"
for tool in debootstrap unshare chroot go git tar; do
	command -v "$tool" >/dev/null || die "needs $tool (Debian: apt-get install debootstrap util-linux tar git)"
done

# First come the name spaces: process 1 of them is this script again.
if [ -z "${FRESH_INSIDE:-}" ]; then
	work=$(mktemp -d "${TMPDIR:-/tmp}/restauth-fresh.XXXXXX")
	# The last processes in there may take a moment to end.
	remove() { rm -rf --one-file-system "$work" 2>/dev/null || { sleep 2; rm -rf --one-file-system "$work"; }; }
	trap remove EXIT
	# unshare heeds no gentler signal; its child is killed with it, and all others
	# with that one.
	trap 'kill -KILL "$inside" 2>/dev/null; wait "$inside" || true; exit 130' INT TERM HUP
	FRESH_INSIDE=$work unshare --mount --pid --fork --kill-child "scripts/fresh.sh" "$mode" "$@" <&0 &
	inside=$!
	code=0
	wait "$inside" || code=$?
	exit "$code"
fi
work=$FRESH_INSIDE root=$FRESH_INSIDE/root
unset FRESH_INSIDE

# mirror is this machine's mirror of Debian, or nothing: debootstrap has its own.
mirror() {
	apt-get indextargets --format '$(ORIGIN) $(LABEL) $(REPO_URI)' 2>/dev/null |
		sed -n 's/^Debian Debian //p' | head -n 1
}

make_root() {
	mkdir -p "$cache"
	if [ -z "$(find "$cache/fresh.tar" -mtime -7 2>/dev/null)" ]; then
		say "making a minimal Debian 12 (a minute or two)"
		# shellcheck disable=SC2046 # one word or none
		debootstrap --variant=minbase --include=ca-certificates,git,make,curl \
			bookworm "$root" $(mirror) >"$cache/fresh.log" 2>&1 ||
			die "debootstrap failed: $(tail -n 3 "$cache/fresh.log"); the whole log is $cache/fresh.log"
		tar -C "$root" --one-file-system -cf "$cache/fresh.tar.partial" .
		mv "$cache/fresh.tar.partial" "$cache/fresh.tar"
		rm -rf --one-file-system "$root"
	fi
	mkdir -p "$root"
	tar -C "$root" -xpf "$cache/fresh.tar"
}

mount_root() {
	mount -t proc proc "$root/proc"
	mount -t sysfs -o ro sysfs "$root/sys"
	mount -t tmpfs -o mode=755 tmpfs "$root/dev"
	local device
	for device in null zero full random urandom tty; do
		: >"$root/dev/$device"
		mount --bind "/dev/$device" "$root/dev/$device"
	done
	mkdir "$root/dev/pts" "$root/dev/shm"
	mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts "$root/dev/pts"
	mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
	ln -s pts/ptmx "$root/dev/ptmx"
	ln -s /proc/self/fd "$root/dev/fd"
	local n=0 stream
	for stream in stdin stdout stderr; do
		ln -s "/proc/self/fd/$n" "$root/dev/$stream"
		n=$((n + 1))
	done
}

# as_root COMMAND...: in the root, with nothing of this machine's environment.
as_root() { chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"; }

# lend gives the root what this machine knows about the network around it.
lend() {
	cp -L /etc/resolv.conf "$root/etc/resolv.conf"
	cp -L /etc/hosts "$root/etc/hosts"
	# Certificates that only this machine trusts. Its bundle may have no source in
	# a folder, so the bundle is taken apart.
	mkdir -p "$root/usr/local/share/ca-certificates/host"
	awk -v dir="$root/usr/local/share/ca-certificates/host" \
		'/BEGIN CERT/ { n++ } n { print > (dir "/" n ".crt") } /END CERT/ { close(dir "/" n ".crt") }' \
		"${SSL_CERT_FILE:-/etc/ssl/certs/ca-certificates.crt}"
	as_root update-ca-certificates >"$work/certificates.log" 2>&1 || die "update-ca-certificates: $(cat "$work/certificates.log")"
	# Not which indexes this machine has besides: what one is asked for matters.
	apt-config dump Acquire 2>/dev/null | grep -v '^Acquire::IndexTargets' >"$root/etc/apt/apt.conf.d/90host" || true
	local file
	for file in /etc/npmrc /usr/etc/npmrc /etc/pip.conf; do
		if [ -e "$file" ]; then install -D -m 644 "$file" "$root$file"; fi
	done
	for file in .npmrc .config/pip/pip.conf .pip/pip.conf; do
		if [ -e "$HOME/$file" ]; then install -D -m 600 "$HOME/$file" "$root/root/$file"; fi
	done
}

# lend_caches: what the root writes stays in the root.
lend_caches() { # to HOME
	local home=$1 from to
	for from in "$(go env GOMODCACHE)" "$(go env GOCACHE)"; do
		case $from in "$(go env GOCACHE)") to=$home/.cache/go-build ;; *) to=$home/go/pkg/mod ;; esac
		mkdir -p "$root$to"
		cp -r "$from/." "$root$to"
	done
}

# environment prints NAME=value of what a login there has: the host's proxies and
# registries, and nothing else of its environment.
environment() {
	local name value bundle=/etc/ssl/certs/ca-certificates.crt
	echo "PATH=/usr/local/go/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
	echo "TERM=dumb"
	for name in http_proxy https_proxy no_proxy all_proxy HTTP_PROXY HTTPS_PROXY NO_PROXY ALL_PROXY \
		PIP_INDEX_URL PIP_EXTRA_INDEX_URL PIP_TRUSTED_HOST PIP_DEFAULT_TIMEOUT \
		npm_config_registry NPM_CONFIG_REGISTRY; do
		if [ -n "${!name:-}" ]; then echo "$name=${!name}"; fi
	done
	for name in GOPROXY GOSUMDB GONOSUMDB GOPRIVATE GONOPROXY GOINSECURE; do
		value=$(go env "$name")
		if [ -n "$value" ]; then echo "$name=$value"; fi
	done
	# Programs that bring certificates of their own have to be told of the host's.
	echo "NODE_EXTRA_CA_CERTS=$bundle"
	echo "PIP_CERT=$bundle"
	echo "REQUESTS_CA_BUNDLE=$bundle"
}

make_user() {
	as_root useradd --create-home --shell /bin/bash stranger
	local file
	for file in .npmrc .config .pip; do
		if [ -e "$root/root/$file" ]; then cp -r "$root/root/$file" "$root/home/stranger/"; fi
	done
	as_root chown -R stranger: /home/stranger
}

# in_root USER COMMAND: types it there, in the clone. It becomes the root of a mount name
# space: in one that was entered by chroot alone nobody may make name spaces, which the
# tests with Galera do.
in_root() {
	local home=/root
	if [ "$1" != root ]; then home=/home/$1; fi
	mapfile -t variables < <(environment)
	unshare --mount /bin/bash -euc '
		mount --rbind "$0" "$0"
		cd "$0"
		mkdir -p mnt/host
		pivot_root . mnt/host
		umount -l /mnt/host
		exec /usr/sbin/chroot --userspec="$1" / /usr/bin/env -i "${@:2}"' "$root" \
		"$1" "${variables[@]}" HOME="$home" USER="$1" LOGNAME="$1" \
		/bin/bash -c "cd $home/restauth 2>/dev/null || cd; $2"
}

clone() { # for USER
	# By a bundle, for under sudo the repository belongs to someone else.
	git -c safe.directory='*' bundle create --quiet "$root/tmp/restauth.bundle" HEAD
	as_root bash -c "git -c advice.detachedHead=false clone --quiet /tmp/restauth.bundle ~$1/restauth && chown -R $1: ~$1/restauth"
	rm "$root/tmp/restauth.bundle"
}

# readme_says COMMAND: what is typed here is what stands in README.md.
readme_says() { grep -qF -- "$1" README.md || die "README.md does not say: $1"; }

# demo: README's first command, until it is ready, and then the lines it prints.
demo() {
	local who=$1 begin=$SECONDS out=$work/demo.out pid lines
	if curl -s -o /dev/null --max-time 2 http://127.0.0.1:5000/; then
		die "port 5000, which the demo wants, is taken on this machine, whose network the fresh one shares"
	fi
	readme_says "go run ./cmd/restauth serve --demo"
	say "as $who: go run ./cmd/restauth serve --demo"
	set -m # a group of its own, so that it can be sent what Ctrl-C sends
	in_root "$who" "exec go run ./cmd/restauth serve --demo" >"$out" 2>"$out.log" &
	pid=$!
	set +m
	until [ -s "$out" ] && curl -sf -o /dev/null --max-time 2 http://127.0.0.1:5000/readyz; do
		kill -0 "$pid" 2>/dev/null || { cat "$out.log" >&2; die "the demo ended before it was ready"; }
		[ $((SECONDS - begin)) -lt 900 ] || die "the demo is not ready after 15 minutes"
		if [ $(((SECONDS - begin) % 20)) -eq 0 ]; then echo "compiling, $((SECONDS - begin))s: $(tail -n 1 "$out.log")"; fi
		sleep 1
	done
	demo_time=$((SECONDS - begin))
	echo "ready after ${demo_time}s"
	cat "$out"
	lines=$(sed -n 's/^    //p' "$out")
	[ -n "$lines" ] || die "the demo printed no lines to try"
	printf '%s\n' "$lines" >"$root/tmp/lines.sh"
	# Through cat: the lines open /dev/stderr anew, which another user's file does not allow.
	in_root "$who" "sh -eu /tmp/lines.sh" 2>&1 >"$out.said" | cat >"$out.seen" || die "the printed lines do not work: $(cat "$out.seen")"
	grep -q "authenticate person" "$out.said" || die "the printed lines answered: $(cat "$out.said")"
	echo "the printed lines work: $(tail -n 1 "$out.said")"
	kill -INT -- "-$pid"
	wait "$pid" || true
	if curl -s -o /dev/null --max-time 2 http://127.0.0.1:5000/livez; then die "the demo goes on after SIGINT"; fi
}

# never_silent passes lines on and fails when none came for more than 30 seconds.
never_silent() {
	local line before='' last=$SECONDS longest=0
	while IFS= read -r line; do
		if [ $((SECONDS - last)) -gt $longest ]; then longest=$((SECONDS - last)) before=$line; fi
		last=$SECONDS
		printf '%s\n' "$line"
	done
	echo "longest silence: ${longest}s"
	[ $longest -le 30 ] || { echo "fresh: silent for ${longest}s, before: $before" >&2; return 1; }
}

# typed USER COMMAND: runs it and sets $took, in seconds.
typed() {
	local begin=$SECONDS
	say "as $1: $2"
	in_root "$1" "$2" 2>&1 </dev/null | never_silent || die "$2 failed after $((SECONDS - begin))s, as $1"
	took=$((SECONDS - begin))
}

# named: for an ordinary user scripts/test-deps.sh does what it can, fails, and
# prints one line to hand on. Sets $line.
named() {
	say "as stranger: scripts/test-deps.sh, before an administrator did anything"
	if in_root stranger "scripts/test-deps.sh" >"$work/named" 2>&1; then
		die "scripts/test-deps.sh finds everything on a bare machine: $(cat "$work/named")"
	fi
	cat "$work/named"
	line=$(grep '^sudo ' "$work/named" || true)
	[ "$(grep -c '^sudo ' "$work/named")" -eq 1 ] || die "it did not print one line to hand on"
	# The administrator is root there already.
	line=${line#sudo }
}

make_root
mount_root
lend
cp -r "$(go env GOROOT)" "$root/usr/local/go"
make_user
who=root
home=/root
if [ "$mode" = user ]; then who=stranger home=/home/stranger; fi
if [ "${FRESH_CACHE:-}" = 1 ]; then
	lend_caches "$home"
	as_root chown -R $who: "$home"
fi
clone stranger
if [ $who = root ]; then clone root; fi

if [ "$mode" = shell ]; then
	say "a fresh machine; the clone is in ~/restauth"
	in_root root "exec bash -i" || true
	exit
fi
say "$(sed -n 's/^PRETTY_NAME=//p' "$root/etc/os-release"), $(go version | cut -d' ' -f3,4), $(nproc) cores, HEAD is $(git -c safe.directory="*" log -1 --format='%h %s')"
demo $who
named
if [ $who = stranger ]; then
	say "as an administrator: $line"
	in_root root "$line" 2>&1 | never_silent || die "the administrator's line failed"
fi
readme_says "make test"
typed $who "make test"
test_time=$took
also=
for command in "$@"; do
	typed $who "$command"
	also="$also; $command: ${took}s"
done
say "on a fresh machine, as $who: first command to ready ${demo_time}s; second to green ${test_time}s$also"
