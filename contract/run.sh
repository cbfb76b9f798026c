#!/usr/bin/env bash
# make contract: what other people's tools make of openapi.yaml and of the
# running server.
#
#   contract/run.sh           the whole of it, some minutes
#   contract/run.sh --short   the same with fewer requests, under a minute
set -euo pipefail
here=$(dirname "$0")
"$here/lint.sh"
"$here/changes.sh" ${CONTRACT_BASE:+"$CONTRACT_BASE"}
"$here/fuzz.sh" "$@"
