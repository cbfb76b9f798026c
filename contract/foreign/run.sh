#!/usr/bin/env bash
# make clients-foreign: other people's generators make clients of the running
# server's contract, and these log in. See doc.go.
#
#   contract/foreign/run.sh      docs/clients.md must have the table that comes of it
#   contract/foreign/run.sh -w   write the table into docs/clients.md
#
# FOREIGN_RUN=TestConstructors, or another pattern of go test, runs a part of it.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=../../scripts/node.sh
source "$here/../../scripts/node.sh"

generator=7.25.0
generator_sha256=41ce4f6b07f196676439d710759fa1ced7a08066d06ff1bf314681470289efae

die() {
	printf 'clients-foreign: %s\n' "$*" >&2
	exit 1
}

write=
case ${1-} in
'') ;;
-w) write=-w ;;
*) die "unknown option $1; the only one is -w" ;;
esac
for tool in java javac mvn php node npm python3; do
	command -v "$tool" >/dev/null || die "$tool is missing: run scripts/foreign-deps.sh"
done

# Where the tools are kept, for the machine or for this clone.
cache=${RESTAUTH_TEST_CACHE:-/var/cache/restauth-test}/foreign
if ! mkdir -p "$cache" 2>/dev/null || [ ! -w "$cache" ]; then cache=$here/../../.cache/foreign; fi
mkdir -p "$cache"
cache=$(cd "$cache" && pwd)

# key FILE... names an environment after what it is made of.
key() { cat "$@" | cksum | cut -d' ' -f1; }

# maven_env gets the generator as a person gets it, and holds it to its digest.
maven_env() {
	jar=$cache/openapi-generator-cli-$generator.jar
	if [ ! -e "$jar" ]; then
		mvn -q -B -Dmaven.repo.local="$cache/m2" org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy \
			-Dartifact="org.openapitools:openapi-generator-cli:$generator" -DoutputDirectory="$cache/part"
		mv "$cache/part/${jar##*/}" "$jar"
	fi
	sha256sum --check --status <<<"$generator_sha256  $jar" || die "$jar is not openapi-generator $generator; delete it"
}

# npm ci installs exactly the lock file, whose digests it verifies.
node_env() {
	node=$cache/node-$({ node --version; cat "$here/package-lock.json"; } | key -)
	if [ ! -e "$node/complete" ]; then
		rm -rf "$node"
		mkdir "$node"
		cp "$here/package.json" "$here/package-lock.json" "$node"
		npm --prefix "$node" ci --silent --ignore-scripts
		touch "$node/complete"
	fi
}

python_env() {
	venv=$cache/venv-$({ python3 -VV; cat "$here/requirements.txt"; } | key -)
	if [ ! -e "$venv/complete" ]; then
		rm -rf "$venv"
		python3 -m venv "$venv"
		"$venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$here/requirements.txt"
		touch "$venv/complete"
	fi
}

exec 9>"$cache/lock"
flock 9 # one run at a time installs
maven_env
node_env
python_env
exec 9>&-

cd "$here/../.."
export FOREIGN_JAR=$jar FOREIGN_NODE=$node/node_modules FOREIGN_PYTHON=$venv/bin FOREIGN_MAVEN=$cache/m2 FOREIGN_WRITE=$write
export npm_config_update_notifier=false PYTHONDONTWRITEBYTECODE=1
exec "${GO:-go}" -C contract/foreign test -tags foreign -count=1 -timeout 20m ${FOREIGN_RUN:+-run "$FOREIGN_RUN"} .
