"""Whether two answers to one request are the same, and if not, whether the
difference is one of the deliberate improvements (improvements.json)."""

import collections
import dataclasses
import json
import pathlib
import re

import replay
import speech

LIST = pathlib.Path(__file__).with_name("improvements.json")
MEMBERS = ("status_code", "error", "description")
PROBLEM = ("type", "title", "status", "detail", "request_id")


def improvements():
    return json.loads(LIST.read_text(encoding="utf-8"))["improvements"]


def outcome(method, answer):
    """What an answer says, without its layout."""
    out = {"status": answer.status, "kind": "other", "allow": set(replay.methods(",".join(answer.values("Allow")))),
           "challenges": challenges(answer.values("WWW-Authenticate"))}
    body = answer.json
    if method == "HEAD":
        out["kind"] = "head"
    elif isinstance(body, dict) and speech.TOKEN in body:
        token = replay.open_token(body[speech.TOKEN])
        out.update(kind="token", more=sorted(set(body) - {speech.TOKEN}), claims=token.pop("claims"), token=token)
    elif isinstance(body, dict) and "error" in body:
        out.update(kind="error", **{m: body.get(m) for m in MEMBERS})
    elif isinstance(body, str):
        out.update(kind="text", text=body)
    elif answer.media_type == "text/html":
        out["kind"] = "html"
    elif not answer.body:
        out["kind"] = "empty"
    return out


def challenges(values):
    return [c for v in values for c in re.findall(r'\w+ realm="[^"]*"', v)]


def same_words(a, b):
    return all(a.get(k) == b.get(k) for k in ("status", "kind", "text", "token") + MEMBERS)


@dataclasses.dataclass
class Judge:
    """Counts, over all pairs, which improvements were met."""

    listed: list = dataclasses.field(default_factory=improvements)
    hits: collections.Counter = dataclasses.field(default_factory=collections.Counter)
    same: int = 0
    strict: bool = True  # also ask what holds for restauth alone

    def compare(self, method, facts, legacy, ours):
        """Returns what is wrong with the pair, nothing when all of it is the
        same or on the list."""
        a, b = outcome(method, legacy), outcome(method, ours)
        reasons = []  # (the improvement that allows a difference or None, the difference)
        if not same_words(a, b):
            reasons.append((self.explain(facts, a, b) or (page_replaced(a, b) and "problem-details"), "answers differ"))
        if a["kind"] == b["kind"] == "token" and (a["more"], a["claims"]) != (b["more"], b["claims"]):
            reasons.append((additions(a, b) and "token-members", "token's members or claims differ"))
        if a["status"] == b["status"] == 405 and a["allow"] != b["allow"]:
            reasons.append((a["allow"] - b["allow"] == {"OPTIONS"} and b["allow"] < a["allow"] and "no-options",
                            "Allow differs"))
        if a["status"] == b["status"] == 401 and a["challenges"] != b["challenges"]:
            reasons.append((bearer_added(a, b) and "bearer-challenge", "challenges differ"))
        wrong = invariants(method, ours) if self.strict else []
        wrong += [text for entry, text in reasons if not entry]
        self.hits.update({entry for entry, _ in reasons if entry})
        self.same += same_words(a, b)
        return wrong

    def explain(self, facts, a, b):
        """The first improvement that fits the request and both answers."""
        for entry in self.listed:
            if "facts" in entry and facts & set(entry["facts"]) and fits(entry["legacy"], a) and fits(entry["restauth"], b):
                return entry["id"]
        return None

    def never_met(self):
        return [e["id"] for e in self.listed if not self.hits[e["id"]]]


def fits(patterns, out):
    """Whether one of the patterns is in the outcome: equal members, or one of
    several, or for description_like a regular expression."""
    return any(all(member_fits(out, k, v) for k, v in p.items()) for p in patterns)


def member_fits(out, name, wanted):
    if name == "description_like":
        return re.search(wanted, out.get("description") or "") is not None
    return out.get(name) in wanted if isinstance(wanted, list) else out.get(name) == wanted


def page_replaced(a, b):
    words = {404: "Not Found", 405: "Method Not Allowed"}
    return a["kind"] == "html" and b["kind"] == "error" and a["status"] == b["status"] and b["error"] == words.get(b["status"])


def additions(a, b):
    more = [] if speech.ALONE else ["device_token", "expires_in", "token_type"]
    return (b["more"] == more and a["more"] == []
            and set(b["claims"]) - set(a["claims"]) == {"jti", "sub"} and set(a["claims"]) <= set(b["claims"]))


def bearer_added(a, b):
    return b["challenges"] == [f'Bearer realm="{speech.REALM}"'] + a["challenges"]


def invariants(method, ours):
    """What holds for every answer of restauth, whatever the other one said."""
    wrong = []
    if ours.status >= 500 or ours.status < 200:
        wrong.append(f"restauth answered {ours.status}")
    if ours.status < 400 or method == "HEAD":
        return wrong
    body = ours.json
    if ours.media_type != "application/problem+json" or not isinstance(body, dict):
        return wrong + ["restauth's error is no problem+json"]
    if {body.get("status"), body.get("status_code")} != {ours.status}:
        wrong.append("restauth's members contradict the status")
    if any(not isinstance(body.get(m), str) for m in ("error", "description", *PROBLEM[:2], *PROBLEM[3:])):
        wrong.append("restauth's problem lacks a member")
    return wrong
