"""What programs print that make files of users: Apache's htpasswd and OpenSSL's passwd."""

import re
import shutil
import subprocess
import sys
import tempfile

from pairs import PASSWORDS, write


def printed(*command, standard_input=None):
    done = subprocess.run(command, input=standard_input, capture_output=True, text=True)
    if done.returncode != 0:
        raise ValueError(done.stderr)
    return done.stdout.rstrip("\n")


def htpasswd(flag):
    def encode(password):
        if "\0" in password or len(password.encode()) > 255:
            raise ValueError("htpasswd takes 255 bytes")
        return printed("htpasswd", "-nb" + flag[1:], *flag_cost(flag), "user", password).partition(":")[2].strip()
    return encode


def flag_cost(flag):
    return ["-C", "4"] if flag == "-B" else []


def htpasswd_verify(password, stored):
    with tempfile.NamedTemporaryFile("w") as users:
        users.write(f"user:{stored}\n")
        users.flush()
        return subprocess.run(["htpasswd", "-vb", users.name, "user", password], capture_output=True).returncode == 0


def openssl(flag):
    def encode(password):
        if "\n" in password or "\r" in password or len(password.encode()) > 250:
            raise ValueError("openssl passwd reads a line")
        return printed("openssl", "passwd", flag, "-stdin", standard_input=password + "\n")
    return encode


def openssl_verify(flag):
    def verify(password, stored):
        if "\n" in password or "\r" in password or len(password.encode()) > 250:
            return False
        salt = re.match(r"\$[^$]+\$(?:rounds=\d+\$)?([^$]*)\$", stored)[1]
        return printed("openssl", "passwd", flag, "-salt", salt, "-stdin", standard_input=password + "\n") == stored
    return verify


for tool in ("htpasswd", "openssl"):
    if not shutil.which(tool):
        sys.exit(f"{tool} is missing: run scripts/adopt-deps.sh")
for flag, form in {"-m": "$apr1$", "-B": "bcrypt", "-s": "{SHA}"}.items():
    write("htpasswd", form, htpasswd(flag), htpasswd_verify, PASSWORDS[:40], {"bare-hashes": "sha1"} if flag == "-s" else None)
for flag, form in {"-1": "$1$", "-apr1": "$apr1$", "-5": "$5$", "-6": "$6$"}.items():
    write("openssl passwd", form, openssl(flag), openssl_verify(flag), PASSWORDS[:30])
