#!/usr/bin/env bash
# Runs tests time and again on a busy machine, each time as on another processor, to find
# those that hold only where they were written:
#
#   scripts/soak.sh RUNS COMMAND [ARGUMENT...]
#   scripts/soak.sh 3 go test -count=1 ./impl/...
#
# Two processes keep two cores busy beside it; they end with it. Each run has a line, a
# sign of life every half minute and a log in artifacts/soak. It exits with 1 when one
# failed. It starts the database servers itself, once for all runs.
set -euo pipefail
cd "$(dirname "$0")/.."
if [ $# -lt 2 ]; then
	sed -n '2,/^set -/s/^# \{0,1\}//p' "$0" >&2
	exit 2
fi
if [ -z "${RESTAUTH_TEST_MARIADB:-}" ]; then
	exec "${GO:-go}" run ./internal/dbtest/with-databases -- "$0" "$@"
fi
runs=$1
shift
mapfile -t kernels < <(scripts/kernel.sh --list)
logs=artifacts/soak
mkdir -p "$logs"

busy=()
for _ in 1 2; do
	(while :; do :; done) &
	busy+=($!)
done
running=()
# A run is a group of its own, for it is of more processes than one.
trap 'kill "${busy[@]}" "${running[@]/#/-}" 2>/dev/null || true' EXIT
trap 'exit 130' INT TERM
echo "soak: $(scripts/kernel.sh --processor); beside busy processes ${busy[*]}"

# watch waits for a run and says now and then how far it is.
watch() {
	local pid=$1 log=$2 begun=$SECONDS
	while kill -0 "$pid" 2>/dev/null; do
		sleep 1
		if (((SECONDS - begun) % 30 == 29)); then
			echo "      $(grep -cE '^(ok|FAIL|---)' "$log" || true) lines of packages after $((SECONDS - begun)) s"
		fi
	done
	wait "$pid"
}

failed=0
for ((run = 1; run <= runs; run++)); do
	kernel=${kernels[(run - 1) % ${#kernels[@]}]}
	log=$logs/run-$run-$kernel.log
	begun=$SECONDS
	setsid scripts/kernel.sh "$kernel" "$@" >"$log" 2>&1 &
	running=($!)
	if watch "${running[0]}" "$log"; then
		echo "soak: run $run of $runs as with $kernel: green, $(grep -c '^ok' "$log") packages, $((SECONDS - begun)) s"
	else
		failed=$((failed + 1))
		echo "soak: run $run of $runs as with $kernel: FAILED after $((SECONDS - begun)) s, see $log"
		grep -E '^ *--- FAIL|^FAIL|_test\.go:[0-9]+:|panic:' "$log" | head -n 40 | sed 's/^/      /' || true
	fi
done
echo "soak: $((runs - failed)) of $runs runs green"
[ "$failed" -eq 0 ]
