"""Prints what the writers hash: a line of JSON {"password", "wrong"} for each of so
many passwords, first those that have gone wrong somewhere, then random ones, the
same in every run."""

import json
import random
import sys
import unicodedata

KNOWN = [
    "roy", "a", "correct horse battery staple", " leading", "trailing ", " both ", "in the  middle",
    "tab\tinside", "trailing newline\n", "trailing return\r\n", "\ttab first", "dollars$1$2$$", "$", "$2b$04$abc", "{noop}x",
    "b'x'", "it's", 'quo"te', "back\\slash", "it\\'s", "a:b", "a,b=c", "%s%n%00", "#!/", "null", "0", "00", "0e123", "1e5", "-1",
    "pässwörd", unicodedata.normalize("NFD", "pässwörd"), "пароль", "パスワード", "密码", "🔑 and 🗝️", "ﬁ and Å", "½ Ⅷ", "ß", "SS",
    "zero\u200bwidth", "\u202eright to left", "nbsp\u00a0", "\u00ff", "\u0080", "\u007f", "\ufeffmark", "İstanbul",
    "x" * 63, "x" * 64, "x" * 65, "p" * 71, "p" * 72, "p" * 73, "q" * 100, "é" * 36, "é" * 36 + "x", "x" + "é" * 36,
    "0123456789" * 12 + "0123456", "y" * 128, "y" * 129, "z" * 200, "Ab1!" * 63 + "end", "é" * 127,
]


def others(password):
    """What somebody might take for the password and is not it."""
    candidates = [
        password.swapcase(), password + "x", password[:-1], password.strip(), password + " ", " " + password, password + "\n",
        password.rstrip("\n"), password[::-1], password * 2, password.encode("utf-8")[:72].decode("utf-8", "ignore"),
        unicodedata.normalize("NFC", password), unicodedata.normalize("NFD", password), unicodedata.normalize("NFKD", password),
        password.encode("utf-8").decode("latin-1"), password.replace("'", "\\'"), password.encode("utf-8").hex(), "wrong",
    ]
    seen = {password, ""}
    return [c for c in candidates if not (c in seen or seen.add(c))]


def main(count):
    rand = random.Random(14)
    alphabet = "".join(map(chr, range(32, 127))) + "äéßжя中日🔑"
    for i in range(count):
        password = KNOWN[i] if i < len(KNOWN) else "".join(rand.choices(alphabet, k=rand.randint(6, 40)))
        wrong = others(password)
        print(json.dumps({"password": password, "wrong": rand.sample(wrong, min(4, len(wrong)))}))


if __name__ == "__main__":
    main(int(sys.argv[1]))
