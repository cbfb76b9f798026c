"""The recorded answers (internal/flaskjwt/testdata/http.json) against the
legacy application as it runs here: only when all are the same is it the
application that was recorded, and worth comparing with."""

import hmac
import json
import re

import client
import tokens
from servers import ROOT

CASES = ROOT / "internal/flaskjwt/testdata/http.json"
RELATIVE = re.compile(r"now([+-]\d+)")


def token(rule):
    def mint(now):
        claims = rule["claims"]
        if isinstance(claims, str):
            payload = claims.encode()
        else:
            payload = tokens.dump({
                k: now + int(RELATIVE.fullmatch(v).group(1)) if isinstance(v, str) and RELATIVE.fullmatch(v) else v
                for k, v in claims.items()})
        header = rule.get("header", {"typ": "JWT", "alg": "HS256"})
        alg = rule.get("sign", header["alg"])
        key = rule.get("key", "secret-key").encode()
        text = tokens.compact(tokens.dump(header), payload, key, None if alg == "none" else alg)
        for old, new in rule.get("edit", []):
            text = text.replace(old, new) if old else text + new
        return ".".join(text.split(".")[:rule["part"]]) if "part" in rule else text
    return mint


def request(case):
    headers = list(case.get("headers", {}).items())
    if "authorization" in case:
        headers.append(("Authorization", case["authorization"]))
    if "token" in case:
        mint = token(case["token"])
        headers.append(("Authorization", lambda now: case.get("scheme", "JWT") + " " + mint(now)))
    body = case.get("body")
    if body is not None:
        body = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    return client.Request(case["method"], case["path"], headers, body, label=case["name"])


def open_token(text):
    """A token the way http.json describes one."""
    header, payload = tokens.parts(text.encode())
    header, claims = json.loads(header), json.loads(payload)
    signed = tokens.compact(header=tokens.loose_decode(text.split(".")[0].encode()), payload=payload)
    return {
        "header": header, "claims": sorted(claims), "identity": claims["identity"],
        "lifetime": claims["exp"] - claims["iat"], "nbf-iat": claims["nbf"] - claims["iat"],
        "signed_with_secret": hmac.compare_digest(signed, text)}


def observed(answer, recorded):
    """The answer, described as the recording describes one, with the members
    that this recording has."""
    body = answer.json
    if isinstance(body, dict) and "access_token" in body:
        body = {"access_token": open_token(body["access_token"])}
    seen = {
        "status": answer.status, "content_type": answer.media_type, "body": body,
        "www_authenticate": "".join(answer.values("WWW-Authenticate")),
        # Flask lists the methods in an order that differs from run to run.
        "allow": methods("".join(answer.values("Allow")))}
    return {k: seen[k] for k in recorded}


def methods(allow):
    return sorted(m.strip() for m in allow.split(",") if m.strip())


def replay(base, now):
    """Returns (number of cases, the disagreements)."""
    cases = json.loads(CASES.read_text(encoding="utf-8"))["cases"]
    wrong = []
    for case in cases:
        recorded = dict(case["response"])
        if "allow" in recorded:
            recorded["allow"] = methods(recorded["allow"])
        seen = observed(client.send(base, request(case).minted(now())), recorded)
        if seen != recorded:
            wrong.append(f"{case['name']}: answered {seen}, recorded {recorded}")
    return len(cases), wrong
