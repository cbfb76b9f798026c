"""Writes impl/token/testdata/sisters.jsonl: tokens as the real libraries make them, with
the clock of that package's tests and their secret. One argument, the folder with an
environment for each list of packages beside this file; freezegun has to be in each.

  sisters.sh --record"""

import json
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
SECRET = "secret-key"
NOW = 1_700_000_000


def ask(python, settings, questions):
    settings = {"secret": SECRET, "frozen": NOW, **settings}
    lines = "".join(json.dumps(q) + "\n" for q in [{"do": "about"}, *questions])
    out = subprocess.run([python, str(HERE / "sister.py"), json.dumps(settings)], input=lines, capture_output=True, text=True, check=True)
    about, *answers = [json.loads(line) for line in out.stdout.splitlines()]
    return about, [a.get("token") or sys.exit(f"{q}: {a}") for q, a in zip(questions, answers)]


def questions():
    """(settings, question) of all that is recorded."""
    extended, simple, hand = "flask-jwt-extended", "simplejwt", "pyjwt"
    for user in (1, "1", "c0ffee00-0000-4000-8000-000000000001"):
        for kind in ("access", "refresh"):
            for claim in ("identity", "sub"):
                yield {"flask": {"JWT_IDENTITY_CLAIM": claim}}, {"of": extended, "kind": kind, "user": user}
            yield {}, {"of": simple, "kind": kind, "user": user}
        yield {}, {"of": extended, "kind": "access", "user": user, "fresh": True}
        yield {}, {"of": extended, "kind": "access", "user": user, "fresh": 600}
        yield {}, {"of": extended, "kind": "access", "user": user, "claims": {"role": "admin", "more": {"a": [1, None]}}}
        yield {}, {"of": simple, "kind": "sliding", "user": user}
        yield {}, {"of": hand, "kind": "access", "user": user}
        yield {}, {"of": hand, "kind": "access", "user": user, "claims": {"iat": NOW, "nbf": NOW}}
    for algorithm in ("HS384", "HS512"):
        for of in (extended, simple, hand):
            yield {"algorithm": algorithm}, {"of": of, "kind": "access", "user": "1"}


def main():
    folder = pathlib.Path(sys.argv[1])
    seen = set()
    for packages in sorted(HERE.glob("*.txt")):
        for settings, question in questions():
            about, [token] = ask(str(folder / packages.stem / "bin/python"), settings, [{"do": "make", **question}])
            if token in seen:
                continue
            seen.add(token)
            of = question["of"]
            print(json.dumps({"by": f"{of} {about[of]}", "profile": of, "kind": question["kind"], "user": question["user"],
                              "algorithm": settings.get("algorithm", "HS256"), "token": token}))


main()
