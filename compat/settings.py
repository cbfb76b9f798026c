"""Flask-JWT with each of its settings changed, alone and in twenty combinations, beside
restauth with the counterpart, over one MariaDB.

  settings.py [--count 160] [--seed 1] [--only NAME]

A setting is what Flask is told, restauth's flags for it, and what the handlers of an
application change. Times are seconds. `restauth config from-flask` has to find the same
flags, where the setting is one of Flask's alone."""

import argparse
import json
import os
import pathlib
import random
import subprocess
import sys
import tempfile
import time

import servers

COMBINATIONS = 20


def setting(flask, flags, **handlers):
    return {"flask": flask, "flags": flags, **handlers}


ALONE = {
    "JWT_AUTH_URL_RULE": setting({"JWT_AUTH_URL_RULE": "/api/login"}, ["--login-path", "/api/login"]),
    "JWT_AUTH_USERNAME_KEY": setting({"JWT_AUTH_USERNAME_KEY": "email"}, ["--login-username-member", "email"]),
    "JWT_AUTH_PASSWORD_KEY": setting({"JWT_AUTH_PASSWORD_KEY": "pass"}, ["--login-password-member", "pass"]),
    "JWT_AUTH_HEADER_PREFIX": setting({"JWT_AUTH_HEADER_PREFIX": "Token"}, ["--authorization-prefix", "Token"]),
    "JWT_AUTH_HEADER_PREFIX, Bearer": setting({"JWT_AUTH_HEADER_PREFIX": "Bearer"}, []),
    "JWT_DEFAULT_REALM": setting({"JWT_DEFAULT_REALM": "Roy's Shop"}, ["--realm", "Roy's Shop"]),
    "JWT_AUTH_ENDPOINT": setting({"JWT_AUTH_ENDPOINT": "login"}, []),
    "JWT_ALGORITHM, HS384": setting({"JWT_ALGORITHM": "HS384"}, ["--token-algorithm", "HS384"]),
    "JWT_ALGORITHM, HS512": setting({"JWT_ALGORITHM": "HS512"}, ["--token-algorithm", "HS512"]),
    "JWT_LEEWAY": setting({"JWT_LEEWAY": 60}, ["--leeway", "1m"]),
    "JWT_EXPIRATION_DELTA": setting({"JWT_EXPIRATION_DELTA": 2 * 86400}, ["--token-lifetime", "48h"]),
    "JWT_NOT_BEFORE_DELTA": setting({"JWT_NOT_BEFORE_DELTA": 4}, ["--not-before-delta", "4s"]),
    "JWT_VERIFY_CLAIMS": setting({"JWT_VERIFY_CLAIMS": ["signature", "exp"]}, ["--verify-claims", "signature,exp"]),
    "JWT_REQUIRED_CLAIMS": setting({"JWT_REQUIRED_CLAIMS": ["exp"]}, ["--required-claims", "exp"]),
    "JWT_SECRET_KEY": setting({"JWT_SECRET_KEY": "another secret, of more than thirty-two bytes"}, []),
    "auth_response_handler": setting({}, ["--login-token-member", "token"], token_member="token"),
    "auth_response_handler, alone": setting({}, ["--login-answer", "flask"]),
    "jwt_payload_handler": setting({}, ["--token-claims", "username=name"], claims={"username": "name"}),
    "the course's": setting({"JWT_AUTH_URL_RULE": "/login", "JWT_AUTH_USERNAME_KEY": "email"},
                            ["--login-path", "/login", "--login-username-member", "email", "--login-token-member", "token"],
                            token_member="token"),
}


def combined(rng):
    """Some settings at once, of which no two are about the same."""
    made = setting({}, [])
    for name in rng.sample(sorted(ALONE), rng.randint(3, 9)):
        other = ALONE[name]
        if set(other["flask"]) & set(made["flask"]) or "token_member" in other and "token_member" in made:
            continue
        if {f for f in other["flags"] if f.startswith("--")} & set(made["flags"]):
            continue
        made["flask"].update(other["flask"])
        made["flags"] += other["flags"]
        made.update({k: v for k, v in other.items() if k not in ("flask", "flags")})
    return made


def found_by_restauth(program, work, given):
    """The flags that `restauth config from-flask` prints for what Flask is told."""
    file = work / "config.py"
    lines = ["from datetime import timedelta"]
    for name, value in given["flask"].items():
        # Flask adds these to a time, so they are no numbers there.
        value = f"timedelta(seconds={value})" if name.endswith(("_DELTA", "_LEEWAY")) else repr(value)
        lines.append(f"{name} = {value}")
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    env = {k: v for k, v in os.environ.items() if not k.startswith("RESTAUTH_")}
    out = subprocess.run([program, "config", "from-flask", str(file)], env=env, capture_output=True, text=True, check=True).stdout
    shell = subprocess.run(["sh", "-c", out + "\nenv"], env={"PATH": env["PATH"]}, capture_output=True, text=True, check=True, input="").stdout
    del shell  # that a shell takes the lines is all that is asked of it
    pairs = [line.split("=", 1) for line in out.splitlines() if line.startswith("RESTAUTH_")]
    return {"--" + k[len("RESTAUTH_"):].lower().replace("_", "-"): v.strip("'").replace("'\\''", "'") for k, v in pairs}


def expected(given):
    """The same of the flags that this file has for Flask's settings, without those for handlers."""
    flags = dict(zip(given["flags"][::2], given["flags"][1::2]))
    for handler in ("--login-token-member", "--login-answer", "--token-claims"):
        flags.pop(handler, None)
    return flags


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=160)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only")
    args = parser.parse_args()
    rng = random.Random(args.seed)
    runs = list(ALONE.items()) + [(f"combination {n + 1}", combined(rng)) for n in range(COMBINATIONS)]
    if args.only:
        runs = [(name, given) for name, given in runs if name == args.only]
    failed, requests, started = [], 0, time.monotonic()
    with tempfile.TemporaryDirectory(prefix="compat-") as folder:
        work = pathlib.Path(folder)
        program = servers.binary(work)
        with servers.mariadb(work) as admin:
            env = {**os.environ, "RESTAUTH_TEST_MARIADB": admin, "COMPAT_RESTAUTH": program}
            for n, (name, given) in enumerate(runs):
                found = found_by_restauth(program, work, given)
                if found != expected(given):
                    failed.append(f"{name}: config from-flask prints {found}, want {expected(given)}")
                compared = subprocess.run(
                    [sys.executable, "compare.py", "--random", "--count", str(args.count), "--seed", str(args.seed + n)],
                    env={**env, "COMPAT_SETTINGS": json.dumps(given)}, capture_output=True, text=True, check=False)
                requests += args.count
                told = [line for line in compared.stdout.splitlines() if "requests to both" in line]
                print(f"{name}: {' '.join(given['flags']) or 'nothing to set'}\n    {told[0] if told else 'no comparison'}", flush=True)
                if compared.returncode:
                    failed.append(f"{name} {json.dumps(given)}")
                    print(compared.stdout + compared.stderr)
    print(f"{len(runs)} settings, {requests} requests to both in {time.monotonic() - started:.0f} s, {len(failed)} with a difference")
    for failure in failed:
        print("FAIL", failure)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
