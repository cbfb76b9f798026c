#!/usr/bin/env bash
# make adopt: has the real frameworks write hashes, and holds restauth to them. See
# doc.go. Packages go into .cache/adopt, once.
#
#   adopt/run.sh       everything
#   adopt/run.sh -w    and keep a few hashes of each form in testdata/pairs.jsonl,
#                      which `make test` checks without any of these frameworks
#
# ADOPT_RUN=TestDirectly, or another pattern of go test, runs a part of it.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source=../scripts/node.sh
source "$here/../scripts/node.sh" # and scripts/cache.sh with it
writers=$here/writers

die() {
	printf 'adopt: %s\n' "$*" >&2
	exit 1
}

keep=
case ${1-} in
'') ;;
-w) keep=$here/testdata/pairs.jsonl ;;
*) die "unknown option $1; the only one is -w" ;;
esac

cache=$here/../.cache/adopt
mkdir -p "$cache"
cache=$(cd "$cache" && pwd)

# key FILE... names an environment after what it is made of.
key() { cat "$@" | cksum | cut -d' ' -f1; }

# python_env NAME sets $python to that of a venv with requirements/NAME.txt.
python_env() {
	local list=$writers/python/requirements/$1.txt venv
	venv=$cache/python-$1-$({ python3 -VV; cat "$list"; } | key -)
	if [ ! -e "$venv/complete" ]; then
		rm -rf "$venv"
		python3 -m venv "$venv"
		"$venv/bin/pip" install --quiet --disable-pip-version-check --requirement "$list"
		touch "$venv/complete"
	fi
	python=$venv/bin/python
}

# npm ci installs exactly the lock file, whose digests it verifies.
node_env() {
	node=$cache/node-$({ node --version; cat "$writers/node/package-lock.json"; } | key -)
	if [ ! -e "$node/complete" ]; then
		rm -rf "$node"
		mkdir "$node"
		cp "$writers"/node/{package.json,package-lock.json,.npmrc} "$node"
		(cd "$node" && npm ci --silent)
		touch "$node/complete"
	fi
}

java_env() {
	java=$cache/java-$(key "$writers/java/pom.xml")
	if [ ! -e "$java/complete" ]; then
		rm -rf "$java"
		mvn -q -B -f "$writers/java/pom.xml" -Dmaven.repo.local="$cache/m2" \
			org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies -DoutputDirectory="$java"
		touch "$java/complete"
	fi
}

# in_cache FILE is the file that scripts/adopt-deps.sh has unpacked.
in_cache() {
	local dir
	while IFS= read -r dir; do
		if [ -e "$dir/$1" ]; then
			echo "$dir/$1"
			return
		fi
	done < <(caches)
	die "$1 is in none of the test caches: run scripts/adopt-deps.sh"
}

# write NAME COMMAND...: what the command prints, given the passwords, is pairs/NAME.jsonl.
write() {
	local name=$1 begun=$SECONDS
	shift
	"$@" <"$passwords" >"$pairs/$name.part" || die "the writer $name failed"
	mv "$pairs/$name.part" "$pairs/$name.jsonl"
	printf 'adopt: %-22s %6d hashes, %d s\n' "$name" "$(wc -l <"$pairs/$name.jsonl")" $((SECONDS - begun))
}

export PYTHONDONTWRITEBYTECODE=1 npm_config_update_notifier=false
pairs=$cache/pairs
rm -rf "$pairs"
mkdir "$pairs"
passwords=$cache/passwords.jsonl
python3 "$writers/passwords.py" 70 >"$passwords"

for release in 0.16 1.0 2.0 2.3 3.1; do
	python_env "werkzeug-$release"
	write "werkzeug-$release" "$python" "$writers/python/werkzeug_.py"
done
for release in 4.2 5.2; do
	python_env "django-$release"
	write "django-$release" "$python" "$writers/python/django_.py"
done
python_env passlib
write passlib "$python" "$writers/python/passlib_.py"
write ldap "$python" "$writers/python/slappasswd.py" "$(in_cache slapd)"
python_env flask
write flask-security "$python" "$writers/python/flask_security_.py"
write flask-bcrypt "$python" "$writers/python/flask_bcrypt_.py"
write argon2-cffi "$python" "$writers/python/argon2_.py"
write tools python3 "$writers/python/tools.py"
write aspnet python3 "$writers/python/aspnet.py"
write bare python3 "$writers/python/bare.py"
node_env
write node node "$writers/node/write.mjs" "$node"
write php php "$writers/php/write.php" "$(in_cache wordpress-sid/usr/share/wordpress)"
devise=("$(in_cache ruby-devise/usr/share/rubygems-integration)"/all/gems/devise-*/lib)
write ruby ruby -I "${devise[0]}" "$writers/ruby/write.rb"
write perl perl "$writers/perl/write.pl"
java_env
write java java -cp "$java/*" "$writers/java/Write.java"

cd "$here/.."
export ADOPT_PAIRS=$pairs ADOPT_PASSWORDS=$passwords ADOPT_KEEP=$keep
exec "${GO:-go}" run ./internal/dbtest/with-databases -- \
	"${GO:-go}" test -tags adopt -count=1 -v -timeout 30m ${ADOPT_RUN:+-run "$ADOPT_RUN"} ./adopt
