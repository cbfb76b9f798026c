#!/usr/bin/env bash
# Lets Schemathesis loose on the real binary, three times: without a token, with
# a good one, and with forged ones; then with settings that change the contract.
#
#   contract/fuzz.sh             thousands of requests, another seed each time
#   contract/fuzz.sh --short     some hundreds, always the same, and all settings at once
#   contract/fuzz.sh --settings  with each setting alone, and all of them at once, nothing else
set -euo pipefail
# shellcheck source-path=SCRIPTDIR source=env.sh
source "$(dirname "$0")/env.sh"

examples=1000 least=2500 seed=() callers=(nobody user forger)
case ${1-} in
'') ;;
--short) examples=120 least=300 seed=(--seed 1) ;;
--settings) callers=() ;;
*) die "unknown option $1; there are --short and --settings" ;;
esac

# Each is one run. None of their values has a blank in it.
settings=(
	'--login-path /api/login'
	'--login-username-member email'
	'--login-password-member pass'
	'--login-token-member token'
	'--login-answer flask'
	'--authorization-prefix Token'
	'--realm Shop'
	'--token-algorithm HS384'
	'--token-algorithm HS512'
	'--token-lifetime 8784h'
	'--not-before-delta 2s'
	'--leeway 1h'
	'--required-claims exp'
	'--verify-claims signature,exp'
	'--token-claims username=name'
	'--accept flask-jwt,flask-jwt-extended,simplejwt'
)
together='--login-path /login --login-username-member email --login-password-member pass --login-token-member jwt
	--login-answer flask --authorization-prefix Token --realm Shop --token-algorithm HS512 --required-claims exp'

work=$(mktemp -d)
server=
cleanup() {
	if [ -n "$server" ]; then kill "$server" 2>/dev/null || true; fi
	rm -rf "$work"
}
trap cleanup EXIT

# start LOG FLAGS... runs the demo server and sets address. It is given no environment,
# so no RESTAUTH_ variable of the caller's can make it another server. Thousands of made-up
# logins of one address would soon be refused, and nothing more of them be looked at.
start() {
	local log=$1
	shift
	: >"$log" # now, not when the server gets to it: an old address must not be found
	env -i "$work/restauth" serve --demo --no-throttle --listen 127.0.0.1:0 --drain-delay 0s \
		--log-format json "$@" >/dev/null 2>"$log" &
	server=$!
	address=
	for _ in $(seq 100); do
		address=$(sed -n 's/.*"msg":"listening".*"addr":"\([^"]*\)".*/\1/p' "$log")
		if [ -n "$address" ]; then return; fi
		kill -0 "$server" 2>/dev/null || break
		sleep 0.1
	done
	cat "$log" >&2
	die 'the server did not start'
}

# stop wants a clean end: a race or a panic on the way down is a failure too.
stop() {
	local code=0
	kill -TERM "$server"
	wait "$server" || code=$?
	server=
	[ $code -eq 0 ] || die "the server ended with $code"
}

# run SCHEMA OPTIONS... from its own folder, where its configuration is.
schemathesis() {
	(cd "$contract/schemathesis" && CONTRACT_CALLER=$caller CONTRACT_ADDRESS=http://$address \
		"$python" -m schemathesis.cli run "$@" --no-color "${seed[@]}" --url "http://$address" \
		--report json --report-json-path "$work/report.json")
}

(cd "$contract/.." && CGO_ENABLED=0 "${GO:-go}" build -trimpath -o "$work/restauth" ./cmd/restauth)

(cd "$contract/schemathesis" && "$python" -m unittest -q test_judge)

# First, that it can fail at all: a contract that leaves 415 out is a lie. So that
# it is one, the answer for everything else goes too; judge.py does without.
caller=nobody
start "$work/log"
sed "/^        '415':/,+1d; /^        default:/,+1d" "$contract/../openapi.yaml" >"$work/lie.yaml"
if cmp -s "$work/lie.yaml" "$contract/../openapi.yaml"; then die 'openapi.yaml has no 415 to leave out'; fi
if out=$(schemathesis "$work/lie.yaml" --phases coverage --include-operation-id login --max-failures 1 2>&1); then
	die 'Schemathesis did not notice that 415 is undeclared'
fi
grep -q 'Undocumented status code' <<<"$out" || { printf '%s\n' "$out" >&2; die 'Schemathesis failed for another reason'; }
stop
echo 'Schemathesis notices an undeclared status'

# judged CALLER LEAST CONTRACT EXAMPLES runs one and has it judged.
judged() {
	caller=$1
	if ! schemathesis "http://$address/openapi.json" --max-examples "$4" >"$work/out" 2>&1; then
		cat "$work/out" >&2
		die "Schemathesis found failures as $caller; run it again with --seed, as it says above"
	fi
	stop
	grep -E '^ +[0-9]+ generated|^Seed' "$work/out"
	"$python" "$contract/schemathesis/judge.py" "$caller" "$work/report.json" "$work/log" "$2" "$3"
}

for caller in ${callers[@]+"${callers[@]}"}; do
	echo "as $caller:"
	start "$work/log"
	judged "$caller" $least "$contract/../openapi.yaml" $examples
done

# The document in the words of a setting is held to what the server with it does: valid, and
# answered as it says.
with() {
	echo "with $*:"
	start "$work/log" "$@"
	if ! curl -sf "http://$address/openapi.yaml" >"$work/served.yaml"; then die 'the server does not serve its contract'; fi
	"$python" -m openapi_spec_validator --schema 3.0 "$work/served.yaml" >/dev/null || die 'the contract that is served is not valid'
	judged user 150 "$work/served.yaml" 60
}

if [ "${1-}" != --short ]; then
	for setting in "${settings[@]}"; do
		# shellcheck disable=SC2086 # one word for each
		with $setting
	done
fi
# shellcheck disable=SC2086 # as above
with $together
