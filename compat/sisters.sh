#!/usr/bin/env bash
# make compat: runs the libraries whose tokens restauth takes beside it, several releases
# of each. The packages go into .cache/compat, once; options are sisters.py's. With
# --record alone it writes impl/token/testdata/sisters.jsonl anew.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
. "$here/environment.sh"
python=$(find_python)
environments=$cache/sisters
rm -rf "$environments" && mkdir -p "$environments"
for list in "$here"/sisters/*.txt; do
	ln -s "$(environment "$list" freezegun==1.5.5)" "$environments/$(basename "$list" .txt)"
done
cd "$here"
if [ "${1:-}" = --record ]; then
	"$python" sisters/record.py "$environments" >../impl/token/testdata/sisters.jsonl
	exit
fi
exec "$python" sisters.py "$environments" "$@"
