#!/usr/bin/env bash
# Prints what results depend on: cores, memory, the processor and its features, and
# which code of impl/password hashes on it, with what was forced.
set -euo pipefail
cd "$(dirname "$0")/.."
model=$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo 2>/dev/null | head -n 1)
memory=$(awk '/^MemTotal/ { printf "%.1f GiB", $2 / 1048576 }' /proc/meminfo 2>/dev/null || true)
echo "machine: ${model:-processor unknown}, $(getconf _NPROCESSORS_ONLN) cores, ${memory:-memory unknown}, load $(cut -d' ' -f1 /proc/loadavg 2>/dev/null || echo unknown)"
# x86 calls them flags, arm64 Features.
have=" $(sed -nE 's/^(flags|Features)[^:]*: //p' /proc/cpuinfo 2>/dev/null | head -n 1) "
case $(uname -m) in
x86_64) known="ssse3 sse4_1 sha_ni avx avx2 avx512f avx512bw avx512vl" ;;
*) known="sha1 sha2 sha512" ;;
esac
features=
for feature in $known; do
	case $have in *" $feature "*) features="$features $feature" ;; *) features="$features no-$feature" ;; esac
done
echo "features:$features"
forced=$(env | grep -E '^(GODEBUG|GOAMD64|GOARM64|GOFLAGS|GOMAXPROCS|GOEXPERIMENT|RESTAUTH_TEST_[A-Z_]+)=' |
	grep -vE '^RESTAUTH_TEST_(MARIADB|MYSQL)=' | tr '\n' ' ' || true)
echo "forced: ${forced:-nothing}"
CGO_ENABLED=0 ${GO:-go} test -count=1 -v -run '^TestKernelOfThisMachine$' ./impl/password/internal/pbkdf2 |
	sed -n 's/.*kernel: /kernel: /p' | grep . || { echo "machine: the kernel's test says nothing" >&2; exit 1; }
