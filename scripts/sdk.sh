#!/usr/bin/env bash
# Regenerates the clients that are not Go, each with its own pinned generator.
set -euo pipefail
cd "$(dirname "$0")/.."
source scripts/node.sh
npm --prefix clients/typescript ci --ignore-scripts
npm --prefix clients/typescript run generate
clients/python/generate.sh
