# To be sourced: how scripts/test-deps.sh and scripts/adopt-deps.sh find and get what
# Debian has: installed by root, or unpacked into $cache from this Debian's packages, or
# from unstable's, without an administrator. Whoever sources it has say and fail, and
# scripts/cache.sh.
# shellcheck shell=sh

have() { command -v "$1" >/dev/null 2>&1; }

# unpacked NAME FILE: whether a cache has it.
unpacked() {
	caches | while IFS= read -r dir; do
		if [ -e "$dir/$1/$2" ]; then echo yes; fi
	done | grep -q yes
}

# choose_cache sets $cache to the first folder that may be written.
choose_cache() {
	while IFS= read -r cache; do
		if mkdir -p "$cache" 2>/dev/null && [ -w "$cache" ]; then return; fi
	done <<CACHES
$(caches)
CACHES
	fail "none of these folders can be written: $(caches | tr '\n' ' '); set RESTAUTH_TEST_CACHE to one that can"
}

# watched WHAT LOG COMMAND...: runs it with its output added to LOG, and says
# every 15 seconds that it goes on and how its log ends.
watched() {
	what=$1 log=$2 seconds=0
	shift 2
	"$@" >>"$log" 2>&1 </dev/null &
	child=$!
	trap 'kill "$child" 2>/dev/null || true; exit 130' INT TERM HUP
	while kill -0 "$child" 2>/dev/null; do
		sleep 1
		seconds=$((seconds + 1))
		if [ $((seconds % 15)) -eq 0 ]; then
			say "$what: ${seconds}s; $(tail -n 1 "$log" | tr -dc '[:print:]' | cut -c 1-90)"
		fi
	done
	trap - INT TERM HUP
	wait "$child"
}

# shellcheck disable=SC2086 # a list of words on purpose
apt() { watched "$1" "$cache/apt.log" apt-get -y --no-install-recommends -o DPkg::Lock::Timeout=600 "$1" $2; }

# install_packages NAME...: as root, what Debian has.
install_packages() {
	say "installing $* (two or three minutes if it is all of them)"
	export DEBIAN_FRONTEND=noninteractive
	: >"$cache/apt.log"
	# The lists of a fresh image are empty, those of an old one are stale:
	# try first, refresh only when that was not enough.
	apt install "$*" && return
	say "refreshing the package lists"
	apt update '' || true
	apt install "$*" && return
	tail -n 20 "$cache/apt.log" >&2
	fail "apt-get install $* failed; the whole log is $cache/apt.log"
}

# hand_over PACKAGES: the one line for an administrator.
hand_over() {
	say "only an administrator can install the rest. Hand on this line, then run this again:" >&2
	printf "sudo sh -c 'apt-get update && apt-get install -y --no-install-recommends %s'\n" "$1" >&2
	exit 1
}

# foreign_apt: apt-get for Debian unstable, in folders of its own under $work, so
# that it neither needs an administrator nor touches this system's packages.
foreign_apt() {
	apt-get -y --no-install-recommends -o Dir::State="$work" -o Dir::State::lists="$work/lists" \
		-o Dir::State::status="$work/status" -o Dir::Cache="$work" -o Dir::Cache::archives="$work/archives" \
		-o Dir::Etc::sourcelist="$work/sources.list" -o Dir::Etc::sourceparts=/dev/null \
		-o Dir::Etc::preferences=/dev/null -o Dir::Etc::preferencesparts=/dev/null \
		-o APT::Sandbox::User="$(id -un)" -o APT::Default-Release= -o Acquire::Languages=none \
		-o Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false \
		-o Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled=false "$@"
}

# foreign_lists has the lists of Debian unstable.
foreign_lists() {
	mirror=$(apt-get indextargets --format '$(ORIGIN) $(CODENAME) $(REPO_URI)' |
		sed -n '/-security /d; s/^Debian [^ ]* //p' | head -n 1)
	keyring=/usr/share/keyrings/debian-archive-keyring.gpg
	[ -n "$mirror" ] || { echo "no mirror of Debian in apt's sources; as root: apt-get update"; return 1; }
	[ -e "$keyring" ] || { echo "no $keyring"; return 1; }
	echo "deb [signed-by=$keyring] $mirror sid main" >"$work/sources.list"
	: >"$work/status"
	mkdir -p "$work/lists/partial" "$work/archives/partial"
	foreign_apt update
}

# extract ROOT: unpacks what was fetched.
extract() {
	mkdir -p "$1"
	for deb in "$work"/archives/*.deb; do dpkg-deb --extract "$deb" "$1" || return 1; done
}

# fetch_foreign_into ROOT PACKAGE...: with all that they depend on.
fetch_foreign_into() {
	root=$1
	shift
	foreign_lists && foreign_apt --download-only install "$@" && extract "$root"
}

# fetch_foreign_alone_into ROOT PACKAGE...: without what they depend on.
fetch_foreign_alone_into() {
	root=$1
	shift
	foreign_lists && (cd "$work/archives" && foreign_apt download "$@") && extract "$root"
}

# own_apt: apt-get for this machine's own sources, with lists in folders of its own
# under $work, so that it needs no administrator.
own_apt() {
	apt-get -y -o Dir::State::lists="$work/lists" -o Dir::Cache="$work" -o Dir::Cache::archives="$work/archives" \
		-o APT::Sandbox::User="$(id -un)" -o Acquire::Languages=none \
		-o Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false \
		-o Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled=false "$@"
}

# fetch_own_into ROOT PACKAGE...: packages of this Debian, alone. The machine's lists may
# be empty, or stale.
fetch_own_into() {
	root=$1
	shift
	mkdir -p "$work/lists/partial" "$work/archives/partial"
	(cd "$work/archives" && { apt-get -o APT::Sandbox::User="$(id -un)" download "$@" || { own_apt update && own_apt download "$@"; }; }) && extract "$root"
}

# unpack_by HOW NAME SIZE PACKAGE...: has HOW, one of the above, fill $cache/NAME. A folder
# that is half done must never look finished: fill beside, then rename.
unpack_by() {
	if ! have apt-get || ! have dpkg-deb; then return; fi
	how=$1 name=$2 size=$3
	shift 3
	work=$(mktemp -d "$cache/$name.XXXXXX")
	say "fetching $name into $cache/$name ($size)"
	: >"$cache/$name.log"
	if ! watched "fetching $name" "$cache/$name.log" "$how" "$work/root" "$@"; then
		tail -n 5 "$cache/$name.log" >&2
		say "$name could not be fetched; the whole log is $cache/$name.log" >&2
	else
		rm -rf "${cache:?}/$name"
		mv "$work/root" "$cache/$name"
		chmod 755 "$cache/$name"
	fi
	rm -rf "$work"
}

# unpack PACKAGE SIZE: of this Debian, where installing it would start a service.
unpack() { unpack_by fetch_own_into "$1" "$2" "$1"; }
