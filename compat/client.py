"""Requests as they go over the wire, and the answers. http.client's own
request writer would refuse or mend much of what is sent here."""

import dataclasses
import http.client
import json
import socket
import time
from typing import Callable, List, Optional, Tuple, Union

import speech
import tokens

# A header's value, or what makes it from the time of sending: tokens must be
# minted late, or those near an edge would have crossed it.
Value = Union[str, bytes, Callable[[int], str]]


@dataclasses.dataclass
class Request:
    method: str
    target: str
    headers: List[Tuple[str, Value]] = dataclasses.field(default_factory=list)
    body: Optional[bytes] = None
    chunked: bool = False
    label: str = ""

    def minted(self, now):
        """The same request with every header's value in bytes, in the names that are set."""
        headers = []
        for name, value in self.headers:
            if callable(value):
                value = value(now)
            value = value.encode("latin-1") if isinstance(value, str) else value
            headers.append((name, speech.authorization(value) if name.lower() == "authorization" else value))
        return dataclasses.replace(self, headers=headers, target=speech.target(self.target), body=self.body and speech.body(self.body))

    def values(self, name):
        return [v for n, v in self.headers if n.lower() == name.lower()]

    def with_authorization(self, value):
        rest = [(n, v) for n, v in self.headers if n.lower() != "authorization"]
        return dataclasses.replace(self, headers=rest + [("Authorization", value)])

    def wire(self, host):
        lines = [f"{self.method} {self.target} HTTP/1.1".encode("latin-1"), b"Host: " + host.encode(), b"Connection: close"]
        lines += [n.encode() + b": " + v for n, v in self.headers]
        body = self.body
        if body is not None and self.chunked:
            lines.append(b"Transfer-Encoding: chunked")
            half = len(body) // 2
            parts = [p for p in (body[:half], body[half:]) if p]
            body = b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in parts) + b"0\r\n\r\n"
        elif body is not None:
            lines.append(b"Content-Length: %d" % len(body))
        return b"\r\n".join(lines) + b"\r\n\r\n" + (body or b"")

    def show(self):
        lines = [f"{self.method} {self.target[:200]}"]
        lines += [f"{n}: {v[:1500]!r}" for n, v in self.headers]
        if self.body is not None:
            lines.append(f"body{' (chunked)' if self.chunked else ''}, {len(self.body)} bytes: {self.body[:600]!r}")
        for value in self.values("Authorization"):
            opened = tokens.describe(value)
            if opened:
                lines.append("token: " + opened)
        return "\n".join(lines)


@dataclasses.dataclass
class Answer:
    status: int
    headers: List[Tuple[str, str]]
    body: bytes

    def values(self, name):
        return [v for n, v in self.headers if n.lower() == name.lower()]

    @property
    def media_type(self):
        return (self.values("Content-Type") or [""])[0].split(";")[0].strip().lower()

    @property
    def json(self):
        if "json" not in self.media_type:
            return None
        try:
            return json.loads(self.body)
        except ValueError:
            return None


def send(base, request, seconds=30):
    """Sends a minted request. A server may answer and close before it has read
    a body that it refuses: that answer counts, not the broken pipe."""
    host = base.split("//", 1)[1]
    name, port = host.rsplit(":", 1)
    last = None
    for attempt in range(3):
        try:
            with socket.create_connection((name, int(port)), timeout=seconds) as s:
                try:
                    s.sendall(request.wire(host))
                except (BrokenPipeError, ConnectionResetError):
                    pass
                response = http.client.HTTPResponse(s, method=request.method)
                response.begin()
                return Answer(response.status, response.getheaders(), response.read())
        except (OSError, http.client.HTTPException) as e:
            last = e
            time.sleep(0.2 * (attempt + 1))
    # Shown as a difference of its own, whatever the other server answers.
    return Answer(0, [], f"no answer: {last!r}".encode())
