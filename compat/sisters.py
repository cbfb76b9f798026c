"""Holds restauth beside the sister systems whose tokens it takes: real releases of
Flask-JWT-Extended, SimpleJWT and PyJWT, each list of packages in sisters/*.txt in an
environment of its own.

  sisters.py ENVIRONMENTS [--seed 1] [--count 200]

Their access tokens are let in, their other tokens are not, and restauth's own tokens are
taken by them. Then each access token is changed in --count ways: some that say what has
to come of them, the others at random in their text. Nothing that restauth lets in is
refused by the library that made it."""

import argparse
import contextlib
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import time

import client
import mutations
import servers

HERE = pathlib.Path(__file__).resolve().parent
SECRET = "an-application-s-secret-of-64-bytes-or-more-for-all-of-the-three"
USERS = {"roy": 1, "ann": 2}
PASSWORD = "correct horse battery"
GUARDED = "You are an authenticate person to see this message"
# Which of the server's settings take a library's tokens.
SERVERS = {
    "flask-jwt": [],
    "flask-jwt-extended": ["--accept", "flask-jwt-extended", "--token-profile", "flask-jwt-extended"],
    "simplejwt": ["--accept", "simplejwt,flask-jwt"],
    "pyjwt": ["--accept", "pyjwt,flask-jwt", "--required-claims", "exp"],
    "all": ["--accept", "flask-jwt,flask-jwt-extended,simplejwt,pyjwt", "--required-claims", "exp"],
}


class Sister:
    """A process of sisters/sister.py with one list of packages."""

    def __init__(self, environments, packages, **settings):
        self.name = packages
        argv = [str(pathlib.Path(environments) / packages / "bin/python"), str(HERE / "sisters/sister.py")]
        self.process = subprocess.Popen([*argv, json.dumps({"secret": SECRET, **settings})], text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, **question):
        self.process.stdin.write(json.dumps(question) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        if "failed" in answer:
            raise SystemExit(f"{self.name}: {question}: {answer['failed']}")
        return answer

    def token(self, of, kind="access", user=1, **options):
        return self.ask(do="make", of=of, kind=kind, user=user, **options)["token"]

    def takes(self, of, token):
        """The user it reads, as text, None where it refuses."""
        answer = self.ask(do="ask", of=of, token=token)
        return str(answer["user"]) if answer["ok"] else None

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(20)


@contextlib.contextmanager
def restauth(program, work, name, flags):
    port = servers.free_port()
    env = {k: v for k, v in os.environ.items() if not k.startswith("RESTAUTH_")}
    env["RESTAUTH_SECRET_KEY"] = SECRET
    argv = [program, "serve", "--listen", f"127.0.0.1:{port}", "--users", f"sqlite:{work / 'users.db'}", "--no-throttle", *flags]
    with servers.process(name, argv, port, work / f"{name}.log", env=env, cwd=work):
        yield f"http://127.0.0.1:{port}"


def add_users(program, work):
    env = {k: v for k, v in os.environ.items() if not k.startswith("RESTAUTH_")}
    for user in USERS:
        subprocess.run([program, "user", "add", user, "--users", f"sqlite:{work / 'users.db'}"],
                       input=PASSWORD + "\n", text=True, check=True, env=env, stdout=subprocess.DEVNULL)


def get(base, token):
    """The id of the user that restauth reads out of a token, as text; None for 401."""
    answer = client.send(base, client.Request("GET", "/auth/me", [("Authorization", b"Bearer " + token.encode())]))
    if answer.status == 200:
        return answer.json["subject"]
    if answer.status != 401:
        raise SystemExit(f"{answer.status} {answer.body[:300]!r} for {token}")
    return None


def login(base, user):
    body = json.dumps({"username": user, "password": PASSWORD}).encode()
    request = client.Request("POST", "/auth", [("Content-Type", b"application/json")], body)
    return client.send(base, request).json["access_token"]


def theirs(base, sister, about, check):
    """Access tokens in, other tokens out, by every server that is to know them."""
    extended = [{}, {"fresh": True}, {"fresh": 600}, {"claims": {"role": "admin"}}]
    for options in extended:
        for user in (1, "2"):
            token = sister.token("flask-jwt-extended", user=user, **options)
            for server in ("flask-jwt-extended", "all"):
                check(get(base[server], token) == str(user), f"{about}: {server} lets in {user} {options}")
            for server in ("simplejwt", "pyjwt"):
                check(identity(token) or get(base[server], token) is None, f"{about}: {server} keeps out {options}")
    for user in (1, "2"):
        token = sister.token("simplejwt", user=user)
        for server in ("simplejwt", "all"):
            check(get(base[server], token) == str(user), f"{about}: {server} lets in SimpleJWT's {user}")
        for server in ("flask-jwt", "flask-jwt-extended", "pyjwt"):
            check(get(base[server], token) is None, f"{about}: {server} keeps out SimpleJWT's")
        for claims in ({}, {"iat": int(time.time()), "nbf": int(time.time())}):
            token = sister.token("pyjwt", user=user, claims=claims)
            for server in ("pyjwt", "all"):
                check(get(base[server], token) == str(user), f"{about}: {server} lets in PyJWT's {user} {claims}")
            for server in ("flask-jwt", "flask-jwt-extended", "simplejwt"):
                check(get(base[server], token) is None, f"{about}: {server} keeps out PyJWT's")
    others = [sister.token("flask-jwt-extended", "refresh", user) for user in (1, "2")]
    others += [sister.token("simplejwt", kind, user) for kind in ("refresh", "sliding") for user in (1, "2")]
    others += [sister.token("flask-jwt-extended", seconds=-60), sister.token("simplejwt", seconds=-60), sister.token("pyjwt", seconds=-60)]
    for token in others:
        for server in base:
            check(get(base[server], token) is None, f"{about}: {server} keeps out {mutations.payload(token)}")


def identity(token):
    """Whether Flask-JWT's profile takes a token too, as it ever did."""
    return "identity" in mutations.payload(token)


def ours(environments, packages, base, check):
    """restauth's tokens, of both profiles, in what takes them there."""
    minted = {name: [(login(base[name], user), number) for user, number in USERS.items()] for name in ("flask-jwt", "flask-jwt-extended")}
    settings = [
        # who, its settings, the profiles whose tokens it takes
        ("flask-jwt-extended", {"flask": {"JWT_IDENTITY_CLAIM": "identity"}}, ["flask-jwt", "flask-jwt-extended"]),
        ("flask-jwt-extended", {"flask": {"JWT_IDENTITY_CLAIM": "sub"}}, ["flask-jwt", "flask-jwt-extended"]),
        ("simplejwt", {"django": {"TOKEN_TYPE_CLAIM": "type", "USER_ID_CLAIM": "identity"}}, ["flask-jwt-extended"]),
        ("simplejwt", {"django": {"TOKEN_TYPE_CLAIM": "type", "USER_ID_CLAIM": "sub"}}, ["flask-jwt-extended"]),
        ("pyjwt", {}, ["flask-jwt", "flask-jwt-extended"]),
    ]
    for of, options, profiles in settings:
        with Sister(environments, packages, **options) as sister:
            for profile in profiles:
                for token, number in minted[profile]:
                    check(sister.takes(of, token) == str(number), f"{packages}: {of} {options} takes restauth's token as {profile}")
                    check(sister.takes(of, token[:-2] + ("AA" if token[-2:] != "AA" else "BB")) is None, f"{packages}: {of} looks at signatures")


def algorithms(environments, packages, program, work, check):
    """HS384 and HS512 both ways, and never one for another."""
    for algorithm in ("HS384", "HS512"):
        flags = ["--token-algorithm", algorithm, *SERVERS["all"], "--token-profile", "flask-jwt-extended"]
        with restauth(program, work, f"{algorithm}-{packages}", flags) as base, Sister(environments, packages, algorithm=algorithm) as sister, \
                Sister(environments, packages) as other:
            for of in ("flask-jwt-extended", "simplejwt", "pyjwt"):
                check(get(base, sister.token(of)) == "1", f"{packages}: {of}'s {algorithm} is let in")
                check(get(base, other.token(of)) is None, f"{packages}: {of}'s HS256 is kept out where {algorithm} is taken")
            token = login(base, "roy")
            for of in ("flask-jwt-extended", "pyjwt"):
                check(sister.takes(of, token) == "1", f"{packages}: {of} takes restauth's {algorithm}")
                check(other.takes(of, token) is None, f"{packages}: {of} of HS256 keeps {algorithm} out")


def mutate(base, sister, of, args, check):
    """Changed tokens: said beforehand what comes of them, or changed at random."""
    rng = random.Random(f"{args.seed} {sister.name} {of}")
    token = sister.token(of)
    made = mutations.told(of, token, SECRET.encode())
    made += mutations.at_random(rng, token, max(args.count - len(made), 0))
    for m in made:
        for server in (of, "all"):
            user = get(base[server], m.token)
            good = m.good or server == "all" and m.flask
            check((user is not None) == good, f"{sister.name}: {server}, {of}'s token, {m.what}: {'in' if user else 'out'}")
            if user is not None:
                check(user == str(m.user), f"{sister.name}: {server} reads user {user} in {m.what}")
        if m.good:
            check(sister.takes(of, m.token) == str(m.user), f"{sister.name}: {of} itself takes {m.what}")
    return len(made)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("environments")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=200)
    args = parser.parse_args()
    failures, checks, changed = [], 0, 0

    def check(good, what):
        nonlocal checks
        checks += 1
        if not good:
            failures.append(what)

    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="sisters-") as folder, contextlib.ExitStack() as stack:
        work = pathlib.Path(folder)
        program = servers.binary(work)
        add_users(program, work)
        base = {name: stack.enter_context(restauth(program, work, name, flags)) for name, flags in SERVERS.items()}
        for file in sorted((HERE / "sisters").glob("*.txt")):
            packages = file.stem
            with Sister(args.environments, packages, numbers=True, flask={"JWT_VERIFY_SUB": False}) as sister:
                about = ", ".join(f"{name} {version}" for name, version in sister.ask(do="about").items())
                theirs(base, sister, about, check)
                counts = [mutate(base, sister, of, args, check) for of in ("flask-jwt-extended", "simplejwt", "pyjwt")]
                changed += sum(counts)
            ours(args.environments, packages, base, check)
            algorithms(args.environments, packages, program, work, check)
            print(f"{about}: access tokens in, others out, restauth's there, {' + '.join(map(str, counts))} changed tokens")
    print(f"sisters: {checks} checks with {changed} changed tokens (seed {args.seed}) in {time.monotonic() - started:.0f} s, {len(failures)} unexpected")
    for failure in failures[:40]:
        print("FAIL", failure)
    sys.exit(1 if failures else 0)


if __name__ == "__main__":
    main()
