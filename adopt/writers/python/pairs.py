"""What the writers in Python have in common: the passwords on standard input, and a
line of JSON on standard output for each hash."""

import json
import sys

PASSWORDS = [json.loads(line) for line in sys.stdin]
# Enough to see that a hash of the usual cost verifies too; each takes a while.
USUAL = PASSWORDS[:3]


def write(writer, form, encode, verify, passwords=PASSWORDS, settings=None, salt=None):
    """Hashes each password by encode(password), which may refuse it with a ValueError,
    and has verify(password, hash) say of each wrong one that it is wrong. Those that it
    lets in all the same go into "loose"."""
    wrote = 0
    for entry in passwords:
        password = entry["password"]
        try:
            stored = encode(password)
        except ValueError:
            continue
        if isinstance(stored, bytes):
            stored = stored.decode("ascii")
        if not verify(password, stored):
            sys.exit(f"{writer} does not verify its own {form}: {stored!r} of {password!r}")
        wrong, loose = [], []
        for other in entry["wrong"]:
            try:
                (loose if verify(other, stored) else wrong).append(other)
            except ValueError:
                wrong.append(other)
        line = {"writer": writer, "form": form, "hash": stored, "password": password, "wrong": wrong}
        if loose:
            line["loose"] = loose
        if settings:
            line["settings"] = settings
        if salt is not None:
            line["salt"] = salt
        print(json.dumps(line))
        wrote += 1
    if wrote < len(passwords) / 2:
        sys.exit(f"{writer} hashed {wrote} of {len(passwords)} passwords as {form}")
