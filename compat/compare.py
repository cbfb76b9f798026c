"""Holds restauth against the Flask-JWT application that it takes over from:
both run over one MariaDB table with one secret, get the same requests, and
every difference that is not a deliberate improvement is an error.

  compare.py [--count 4000] [--seed 1] [--against restauth|legacy] [--workers 4]

--against legacy compares the application with itself: whatever differs then is
a fault of the comparison."""

import argparse
import collections
import concurrent.futures
import functools
import pathlib
import random
import re
import sys
import tempfile
import time

import client
import facts
import generate
import judge
import replay
import servers
import speech
import tokens

SHOWN = 25  # differences printed in full
DOC = servers.ROOT / "docs/flask-jwt.md"


class Rows:
    """What the column's collation finds, asked of the database itself."""

    def __init__(self, users):
        self.connection = servers.connect(users)
        self.known = {}

    def __call__(self, name):
        if name not in self.known:
            with self.connection.cursor() as cursor:
                cursor.execute("SELECT id, username, password FROM user WHERE username = %s ORDER BY id", (name,))
                self.known[name] = cursor.fetchall()
        return self.known[name]


def now():
    return int(time.time())


def twin(request):
    """The same request with the application's scheme, if it came as Bearer: what
    restauth answers to Bearer has to be what Flask-JWT answers to this."""
    values = request.values("Authorization")
    if speech.PREFIX.lower() == "bearer" or len(values) != 1 or tokens.split(values[0])[0] != "bearer":
        return None
    return request.with_authorization(re.sub(rb"(?i)bearer", speech.PREFIX.encode(), values[0], count=1))


def ask(old, new, strict, request):
    """Sends one request to both. Returns it as sent, their answers, and
    Flask-JWT's to the twin where there is one, else None."""
    minted = request.minted(now())
    jwt = twin(minted) if strict and request.method == "GET" and request.target.startswith("/rest-auth") else None
    return minted, client.send(old, minted), client.send(new, minted), jwt and client.send(old, jwt)


def weigh(pair, rows, referee):
    """Returns what show takes, None when nothing is wrong."""
    minted, a, b, to_twin = pair
    met = facts.facts(minted, rows)
    wrong = []
    if to_twin:
        if judge.outcome("GET", a).get("description") != "Unsupported authorization type":
            wrong.append("Flask-JWT took a Bearer token")
        referee.hits["bearer-scheme"] += 1
        a = to_twin
    wrong += referee.compare(minted.method, met, a, b)
    return (minted, met, a, b, wrong) if wrong else None


def show(difference):
    request, met, a, b, wrong = difference
    print(f"--- {request.label}: {', '.join(wrong)}; facts: {', '.join(sorted(met)) or 'none'}")
    print(request.show())
    for name, answer in (("Flask-JWT", a), ("restauth", b)):
        extra = [f"{h}: {v}" for h in ("Allow", "WWW-Authenticate", "Location") for v in answer.values(h)]
        print(f"{name:9} {answer.status} {answer.media_type} {extra or ''} {answer.body[:500]!r}")


def cross(old, new):
    """Tokens minted on one side are taken on the other."""
    wrong = []
    users = [("roy", "roy"), ("sha512", "correct horse"), ("unicode", "pässwörd-密码"), ("ann", "ann-one")]
    taken = sorted({"JWT", "Bearer", speech.PREFIX})
    for source, target, schemes in ((new, old, [speech.PREFIX]), (old, new, taken), (new, new, taken)):
        for username, password in users:
            answer = client.send(source, generate.login(generate.body(generate.credentials(username, password))).minted(now()))
            token = (answer.json or {}).get(speech.TOKEN, "")
            for scheme in schemes:
                # Not put into the prefix that is set: each that is taken is tried.
                request = generate.guarded.guard(f"{scheme} {token}", "crossing")
                request.headers = [(n, v.encode()) for n, v in request.headers]
                got = client.send(target, request)
                if got.status != 200 or got.json != "You are an authenticate person to see this message":
                    wrong.append(f"{username}'s token, {scheme}, from {source} to {target}: {got.status} {got.body[:200]!r}")
    return wrong


def documented():
    """The ids in docs/flask-jwt.md and in improvements.json must be the same."""
    listed = [e["id"] for e in judge.improvements()]
    written = re.findall(r"^#### `([a-z0-9-]+)`", DOC.read_text(encoding="utf-8"), re.M)
    return [f"{i} is in only one of improvements.json and docs/flask-jwt.md, or twice"
            for i, n in collections.Counter(listed + written).items() if n != 2 or i not in listed or i not in written]


def run(args, old, new, users):
    failures = documented()
    if not speech.SETTINGS:
        total, wrong = replay.replay(old, now)
        print(f"recorded answers of Flask-JWT: {total - len(wrong)} of {total} are this application's")
        failures += wrong
    if args.against == "restauth":
        wrong = cross(old, new)
        print(f"tokens cross both ways: {'no' if wrong else 'yes'}")
        failures += wrong
    made = (generate.some if args.random else generate.requests)(random.Random(args.seed), args.count)
    referee, rows, started = judge.Judge(strict=args.against == "restauth"), Rows(users), time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(args.workers) as pool:
        pairs = pool.map(functools.partial(ask, old, new, referee.strict), made)
        differences = [d for d in (weigh(p, rows, referee) for p in pairs) if d]
    print(f"{len(made)} requests to both (seed {args.seed}) in {time.monotonic() - started:.0f} s: "
          f"{referee.same} with the same status and words, {len(differences)} different without a reason")
    if referee.hits:
        print("deliberate improvements met (docs/flask-jwt.md), some of them beside the same words:")
    for entry in referee.listed:
        if referee.hits[entry["id"]]:
            print(f"  {referee.hits[entry['id']]:6}  {entry['id']}")
    for difference in differences[:SHOWN]:
        show(difference)
    failures += [f"{len(differences)} differences without a reason"] if differences else []
    if args.against == "restauth" and not args.random:
        failures += [f"improvement never met: {i}" for i in referee.never_met()]
    return failures


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=4000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--random", action="store_true", help="a choice of all requests, not each of them first")
    parser.add_argument("--workers", type=int, default=4)
    parser.add_argument("--against", choices=["restauth", "legacy"], default="restauth")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="compat-") as folder:
        work = pathlib.Path(folder)
        start = servers.restauth if args.against == "restauth" else servers.legacy
        with servers.mariadb(work) as admin, servers.user_table(admin) as users:
            with servers.legacy(work, users) as old, start(work, users) as new:
                failures = run(args, old, new, users)
    for failure in failures:
        print("FAIL", failure)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
