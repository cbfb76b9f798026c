"""OpenLDAP's slappasswd, of the slapd unpacked in the folder named, and passlib to say of
each wrong password that it is wrong: slappasswd only writes."""

import os
import pathlib
import subprocess
import sys
import tempfile

import passlib.hash as known

from pairs import PASSWORDS, write

ROOT = pathlib.Path(sys.argv[1])
SCHEMES = {"{SSHA}": known.ldap_salted_sha1, "{SHA}": known.ldap_sha1, "{SMD5}": known.ldap_salted_md5, "{MD5}": known.ldap_md5}


def slappasswd(scheme):
    def encode(password):
        with tempfile.NamedTemporaryFile() as secret:  # -T takes all of the file, to its last byte
            secret.write(password.encode())
            secret.flush()
            # slapd is every tool of its own, by the name that it is called by.
            done = subprocess.run(["slappasswd", "-n", "-h", scheme, "-T", secret.name], executable=ROOT / "usr/sbin/slapd",
                                  capture_output=True, text=True, env=ENVIRONMENT)
        if done.returncode != 0:
            sys.exit(f"slappasswd: {done.stderr}")
        return done.stdout
    return encode


ENVIRONMENT = {**os.environ, "LD_LIBRARY_PATH": ":".join(map(str, ROOT.glob("usr/lib/*-linux-gnu")))}
for scheme, handler in SCHEMES.items():
    bare = {"{SHA}": {"bare-hashes": "sha1"}, "{MD5}": {"bare-hashes": "md5"}}.get(scheme)
    write("slappasswd", scheme, slappasswd(scheme), handler.verify, PASSWORDS[:40], bare)
