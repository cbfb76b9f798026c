#!/usr/bin/env bash
# Runs the tests of what depends on the processor as on each that this one can be taken
# for. About two minutes. (make test has them without any assembly of ours.)
set -euo pipefail
cd "$(dirname "$0")/.."
go=${GO:-go}
echo "test-kernels: $(scripts/kernel.sh --processor)"
for kernel in $(scripts/kernel.sh --list); do
	echo "test-kernels: as on a processor with $kernel: GODEBUG=$(scripts/kernel.sh "$kernel" printenv GODEBUG || true)"
	scripts/kernel.sh "$kernel" "$go" test -count=1 -shuffle=on ./impl/password/... ./impl/account ./impl
done
