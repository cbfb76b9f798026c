"""What applications write that hash by themselves: text, digests without a salt, and
those with one in a column of its own."""

import hashlib
import re

from pairs import PASSWORDS, write

WRITER = "hashlib"
SALT = "p3PpeR-ß"


def hexed(name, before="", after=""):
    return lambda password: hashlib.new(name, (before + password + after).encode()).hexdigest()


def same(encode):
    return lambda password, stored: encode(password) == stored


for name in ("md5", "sha1", "sha256", "sha512"):
    encode = hexed(name)
    write(WRITER, f"bare {name}", encode, same(encode), settings={"bare-hashes": name})
    capitals = lambda password, encode=encode: encode(password).upper()
    write(WRITER, f"bare {name} in capitals", capitals, same(capitals), PASSWORDS[:12], settings={"bare-hashes": name})
    for where, salted in {"before": hexed(name, before=SALT), "after": hexed(name, after=SALT)}.items():
        write(WRITER, f"{name}, salt {where}", salted, same(salted), PASSWORDS[:25],
              settings={"bare-hashes": name, "users-salt-position": where}, salt=SALT)
# A password that looks like a hash is read as one: nobody can tell the two apart.
text = [entry for entry in PASSWORDS if not re.match(r"\$|\{|[0-9]{99}", entry["password"])]
clear = lambda password: password
write(WRITER, "bare text", clear, same(clear), text, settings={"bare-hashes": "text"})
