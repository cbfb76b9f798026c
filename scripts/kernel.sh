#!/usr/bin/env bash
# Runs a command as on another processor:
#
#   scripts/kernel.sh KERNEL COMMAND [ARGUMENT...]
#   scripts/kernel.sh --list      the kernels this processor can take, one a line
#   scripts/kernel.sh --processor what this processor is, in a line
#
# A kernel is how impl/password/internal/pbkdf2 derives keys: avx512 (sixteen together
# by AVX-512, few by the SHA instructions), sha (those alone) or none (crypto/sha256,
# without its SHA instructions and AVX2). golang.org/x/sys/cpu and Go's runtime forget
# what GODEBUG=cpu.NAME=off names, in this process and in those that it starts. That
# only works downwards. RESTAUTH_TEST_KERNEL has the tests make sure that it did.
set -euo pipefail

features=$(grep -m1 -E '^(flags|Features)' /proc/cpuinfo 2>/dev/null || true)
has() { [[ " ${features#*:} " == *" $1 "* ]]; }

list() {
	if has sha_ni && has avx512f; then echo avx512; fi
	if has sha_ni || has sha2; then echo sha; fi
	echo none
}

# options is what GODEBUG has to say for a kernel.
options() {
	case $(uname -m)/$1 in
	x86_64/avx512 | aarch64/sha) ;;
	x86_64/sha) echo cpu.avx512f=off ;;
	x86_64/none) echo cpu.avx512f=off,cpu.ssse3=off,cpu.avx2=off ;;
	aarch64/none) echo cpu.sha2=off ;;
	esac
}

case ${1:-} in
--list) list ;;
--processor)
	name=$(sed -n 's/^model name[^:]*: *//p' /proc/cpuinfo 2>/dev/null | head -n 1)
	echo "$(uname -m), ${name:-model unknown}, $(getconf _NPROCESSORS_ONLN) cores; kernels: $(list | paste -sd' ')"
	;;
'' | -*)
	sed -n '2,/^set -/s/^# \{0,1\}//p' "$0" >&2
	exit 2
	;;
*)
	kernel=$1
	shift
	if ! list | grep -qxF "$kernel"; then
		echo "kernel.sh: this processor cannot be taken for one with $kernel; it can for: $(list | paste -sd' ')" >&2
		exit 2
	fi
	off=$(options "$kernel")
	if [ -n "$off" ]; then
		export GODEBUG="${GODEBUG:+$GODEBUG,}$off"
	fi
	export RESTAUTH_TEST_KERNEL=$kernel
	exec "$@"
	;;
esac
