"""The requests to compare with: first one or more for each thing that is known
to differ or thought worth asking, then as many random ones as wanted, all from
one seed."""

import json

import guarded
from client import Request

JSON = ("Content-Type", "application/json")

# Who may log in: users.sql of the recording, then compat/users.sql. roy and
# scrypt cost a full hash each time, so they come seldom.
CHEAP = [("sha512", "correct horse"), ("sha1", "correct horse"), ("md5", "correct horse"), ("plain", "correct horse"),
         ("ann", "ann-one"), ("Ann", "ann-two"), ("Ann", "ann-one"), ("ANN", "ann-one"), ("ANN", "ann-two"),
         ("quote'd", "it's"), ("back\\slash%_", "b\\s"), ("😀", "😀😀"), ("😎", "😀😀"), ("long", "p" * 1024),
         ("42", "forty-two"), ("unicode", "pässwörd-密码"), ("poisoned", "x"), ("unknown", "correct horse"),
         ("nothing", ""), ("nopassword", "x"), ("ユーザー", "wrong")]
COSTLY = [("roy", "roy"), ("ROY", "roy"), ("roy ", "roy"), ("röy", "roy"), ("Roy", "Roy"), ("scrypt", "correct horse"),
          ("argon", "correct horse"), ("bcrypt", "correct horse"), ("nocount", "correct horse"), ("nobody", "roy"),
          ("' OR '1'='1' -- ", "roy"), ("ro%", "roy"), ("ro_", "roy"), ("roy; DROP TABLE user", "roy"), ("%s%n{0}", "roy")]

OTHER_TYPES = ["application/x-www-form-urlencoded", "text/plain", "application/xml", "text/json", "application/jsonx",
               "application/vnd.api+json", "application/problem+json", "multipart/form-data; boundary=x", "json", "*/*", ""]
JSON_TYPES = ["application/json", "application/json; charset=utf-8", "application/json;charset=UTF-8", "APPLICATION/JSON",
              "Application/Json; charset=utf-8"]
ODD_VALUES = [None, "", 0, 1, -1, 1.5, True, False, [], ["roy"], {}, {"$ne": ""}, [None], 10**30]
PATHS = ["/", "/nope", "/auth/", "/rest-auth/", "/AUTH", "/Rest-Auth", "/auth2", "/rest-authx", "/auth/me", "/livez",
         "/readyz", "/openapi.json", "/openapi.yaml", "/docs/", "/auth/../rest-auth", "/auth%2F", "/%61uth",
         "/rest%2Dauth", "/auth;x=1", "//auth", "//rest-auth", "/./auth", "/auth/x", "/favicon.ico", "/robots.txt"]
METHODS = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "PROPFIND"]


def body(members):
    return json.dumps(members).encode("utf-8", "surrogatepass")


def credentials(username, password):
    return {"username": username, "password": password}


def login(data, content_type="application/json", label="login", **kwargs):
    headers = [] if content_type is None else [("Content-Type", content_type)]
    return Request("POST", "/auth", headers, data, label=label, **kwargs)


def directed():
    """One or more of everything, the same in every run."""
    good = body(credentials("sha512", "correct horse"))
    for user, password in CHEAP + COSTLY:
        yield login(body(credentials(user, password)), label="login: row")
        yield login(body(credentials(user, password + "x")), label="login: wrong password")
    for kind in OTHER_TYPES + JSON_TYPES + [None]:
        yield login(good, kind, label="login: content type")
    for value in ODD_VALUES:
        yield login(body(credentials(value, "correct horse")), label="login: odd user name")
        yield login(body(credentials("sha512", value)), label="login: odd password")
    for text in ODD_BODIES:
        yield login(text, label="login: odd body")
    for data in (b"", good[:20], b"username=roy&password=roy"):
        yield login(data, "application/x-www-form-urlencoded", label="login: content type and body")
    for n in (254, 255, 256, 1023, 1024, 1025, 5000):
        yield login(body(credentials("n" * n, "x")), label="login: long name")
        yield login(body(credentials("long", "p" * n)), label="login: long password")
        yield login(body(credentials("sha512", "密" * n)), label="login: long password")
    for n in (16000, 16384, 16385, 20000, 100000):
        yield login(good + b" " * (n - len(good)), label="login: large body")
    yield login(good, chunked=True, label="login: chunked")
    yield login(good + b" " * 20000, chunked=True, label="login: chunked, large")
    yield Request("POST", "/auth", [JSON], None, label="login: no body")
    yield Request("POST", "/auth?username=roy&password=roy", [JSON], good, label="login: query")
    for path in ["/auth", "/rest-auth"] + PATHS:
        for method in METHODS:
            if (method, path) != ("POST", "/auth"):
                yield routed(method, path)
    yield from guarded.directed()


GOOD = '{"username":"sha512","password":"correct horse"}'
ODD_BODIES = [
    b"{bad", b"", b"[1]", b"[]", b'"roy"', b"1", b"null", b"true", b"{}", b"{", b"}", b"\x00", GOOD[:-1].encode(),
    GOOD.encode() + b"x", (GOOD + GOOD).encode(), (GOOD + "\n" + GOOD).encode(), (" \t\r\n" + GOOD + " \n").encode(),
    GOOD.encode("utf-8-sig"), GOOD.encode("utf-16"), GOOD.encode("utf-16-le"), GOOD.encode("utf-32"),
    GOOD.replace("horse", "h\xf6rse").encode("latin-1"), GOOD.replace("correct", "\\u0063orrect").encode(),
    GOOD.replace("username", "\\u0075sername").encode(), GOOD.replace('"', "'").encode(),
    GOOD.replace("}", ',"x":1}').encode(), GOOD.replace("}", ',"x":NaN}').encode(), GOOD.replace("}", ",}").encode(),
    GOOD.replace("}", ',"password":"correct horse"}').encode(), GOOD.replace("}", ',"password":"x"}').encode(),
    GOOD.replace("}", ',"PASSWORD":"x"}').encode(), GOOD.replace("username", "Username").encode(),
    GOOD.replace("horse", "horse\\u0000").encode(), GOOD.replace("sha512", "sha512\\u0000").encode(),
    GOOD.replace("horse", "\\ud800").encode(), GOOD.replace("sha512", "\\udfff").encode(),
    GOOD.replace("horse", "horse\x01").encode(), GOOD.replace("horse", "\\ud83d\\ude00").encode(),
    b'{"username":"sha512"}', b'{"password":"correct horse"}', b'{"user":"sha512","password":"correct horse"}',
    b"[" * 5000 + b"]" * 5000, b'{"username":NaN,"password":"x"}', b'{"username":1e999,"password":"x"}',
    b'{"username":"sha512" "password":"x"}', b'/**/' + GOOD.encode(), b'{"username":"sha512","password":"\xff\xfe"}',
]


def routed(method, path):
    """A request that differs only in its method and path: with a good body
    where one belongs, so that nothing else can be the reason of an answer."""
    headers = [("Authorization", guarded.valid())] if method not in ("POST", "PUT", "PATCH") else []
    data = None
    if method in ("POST", "PUT", "PATCH"):
        headers, data = [JSON], GOOD.encode()
    return Request(method, path, headers, data, label="route")


def random_login(rng):
    username, password = rng.choice(COSTLY) if rng.random() < 0.12 else rng.choice(CHEAP)
    if rng.random() < 0.3:
        password = rng.choice([password.upper(), password[:-1], password + " ", " " + password, password * 2, username])
    if rng.random() < 0.2:
        username = rng.choice([username.upper(), username.title(), username + " ", " " + username, username[:-1] or "x"])
    members = credentials(username, password)
    dice = rng.random()
    if dice < 0.1:
        members[rng.choice(["username", "password"])] = rng.choice(ODD_VALUES)
    elif dice < 0.15:
        members.pop(rng.choice(["username", "password"]))
    elif dice < 0.2:
        members[rng.choice(["x", "Username", "PASSWORD", "remember", ""])] = rng.choice(ODD_VALUES)
    items = list(members.items())
    rng.shuffle(items)
    data = json.dumps(dict(items), ensure_ascii=rng.random() < 0.5,
                      separators=rng.choice([(",", ":"), (", ", ": "), (" ,\n", "\t: ")])).encode("utf-8")
    if rng.random() < 0.2:
        data = damaged(rng, data)
    kind = rng.choice(OTHER_TYPES + [None]) if rng.random() < 0.1 else rng.choice(JSON_TYPES)
    return login(data, kind, chunked=rng.random() < 0.05, label="random login")


def damaged(rng, data):
    at = rng.randrange(len(data))
    return rng.choice([
        data[:at],
        data[:at] + data[at + 1:],
        data[:at] + bytes([rng.randrange(256)]) + data[at + 1:],
        data[:at] + bytes([rng.randrange(256)]) + data[at:],
        data[:at] + data[at:at + 8] + data[at:],
        data + data[at:],
    ])


def random_route(rng):
    return routed(rng.choice(METHODS), rng.choice(PATHS + ["/auth", "/rest-auth"]))


def requests(rng, count):
    """count requests, the directed ones first (all of them, even when there
    are more than count)."""
    made = list(directed())
    while len(made) < count:
        dice = rng.random()
        if dice < 0.35:
            request = random_login(rng)
        elif dice < 0.95:
            request = guarded.random_request(rng)
        else:
            request = random_route(rng)
        if (request.method, request.target) != ("POST", "/auth") or request.label != "route":
            made.append(request)
    return made


def some(rng, count):
    """count requests, half of them of the directed ones, and a login and a token that are
    good in any case."""
    made = [login(body(credentials("sha512", "correct horse")), label="login: row"), guarded.guard(guarded.valid(), "valid"),
            Request("POST", "/auth/nothing", [JSON], GOOD.encode(), label="route")]
    made += rng.sample(list(directed()), count // 2)
    while len(made) < count:
        made.append(random_login(rng) if rng.random() < 0.4 else guarded.random_request(rng))
    return made
