"""The real server as a process, and a stand-in for answers it gives only in trouble."""

from __future__ import annotations

import json
import os
import re
import socket
import ssl
import struct
import subprocess
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Callable, Optional

SECRET = "a secret of the tests, more than 32 bytes long"

# Seconds within which a server on this machine has to do anything.
PATIENCE = 20.0


class Server:
    """`restauth serve` on a free port, its log kept as parsed lines."""

    def __init__(self, binary: Path, *flags: str, **environment: str) -> None:
        self._log: list[dict[str, Any]] = []
        self._changed = threading.Condition()
        self._process = subprocess.Popen(
            [
                binary,
                "serve",
                "--listen=127.0.0.1:0",
                "--log-format=json",
                "--drain-delay=0s",
                *flags,
            ],
            env={"PATH": os.environ["PATH"], **environment},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()
        try:
            self.url = "http://" + self.wait_for("listening", 1)[0]["addr"]
        except BaseException:
            self.stop()
            raise

    def _read(self) -> None:
        assert self._process.stderr is not None
        for line in self._process.stderr:
            with self._changed:
                self._log.append(json.loads(line))
                self._changed.notify_all()

    def wait_for(self, message: str, count: int, **members: Any) -> list[dict[str, Any]]:
        """Wait until so many log lines say `message` and have these members."""

        def found() -> list[dict[str, Any]]:
            want = {"msg": message, **members}
            return [line for line in self._log if want.items() <= line.items()]

        with self._changed:
            if not self._changed.wait_for(lambda: len(found()) >= count, PATIENCE):
                raise AssertionError(f"no {count} lines {message} {members} in {self._log}")
            return found()

    def lines(self, **members: Any) -> list[dict[str, Any]]:
        """Return the request lines with these members, all that came before now."""
        # Lines are written after their answers: one more request marks the end.
        mark = f"mark-{time.monotonic_ns()}"
        # It goes nowhere: a probe that is well is not logged.
        request = urllib.request.Request(self.url + "/mark", headers={"X-Request-Id": mark})
        try:
            urllib.request.urlopen(request, timeout=PATIENCE).close()
        except urllib.error.HTTPError as error:
            error.close()
        self.wait_for("request", 1, request_id=mark)
        with self._changed:
            want = {"msg": "request", **members}
            return [line for line in self._log if want.items() <= line.items()]

    def stop(self) -> None:
        """End the process and its reader."""
        self._process.terminate()
        try:
            self._process.wait(PATIENCE)
        finally:
            self._process.kill()
            self._reader.join()
            assert self._process.stderr is not None
            self._process.stderr.close()


@contextmanager
def serving(binary: Path, *flags: str, **environment: str) -> Iterator[Server]:
    """Run a server for the length of a with statement."""
    server = Server(binary, *flags, **environment)
    try:
        yield server
    finally:
        server.stop()


class Answer:
    """What the stand-in answers."""

    def __init__(
        self,
        status: int,
        body: Any,
        content_type: str = "application/problem+json",
        headers: Optional[dict[str, str]] = None,
    ) -> None:
        self.status = status
        self.body = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.headers = {"Content-Type": content_type, **(headers or {})}


TOKEN = Answer(
    200,
    {"access_token": "a.b.c", "token_type": "Bearer", "expires_in": 300},
    "application/json",
)


@contextmanager
def standing_in(
    answer: Callable[[str], Answer], bodies: Optional[list[bytes]] = None
) -> Iterator[tuple[str, list[str]]]:
    """Serve what `answer` says to each "METHOD /path"; yields the URL and what was asked.

    A request's body is in `bodies` before it is answered.
    """
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            self.do_GET()

        def do_GET(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if bodies is not None:
                bodies.append(body)
            asked.append(f"{self.command} {self.path}")
            reply = answer(asked[-1])
            self.send_response(reply.status)
            for name, value in {**reply.headers, "Content-Length": len(reply.body)}.items():
                self.send_header(name, str(value))
            self.end_headers()
            self.wfile.write(reply.body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (its name there)
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}", asked
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


SHARED = Path(__file__).resolve().parents[2] / "testdata"


def no_answers() -> list[dict[str, Any]]:
    """Return the table that the tests of all clients share."""
    table = json.loads((SHARED / "no-answer.json").read_text(encoding="utf-8"))
    cases: list[dict[str, Any]] = table["cases"]
    return cases


@contextmanager
def faulty(case: dict[str, Any], good_login: bool = False) -> Iterator[str]:
    """Listen as the case says; yields the address. A login is answered well when told so."""
    if case["listen"] == "unknown name":
        yield f"{case['scheme']}://restauth.invalid"  # RFC 2606, section 2
        return
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))  # Bound, not listening: nobody else answers there.
        address = f"{case['scheme']}://127.0.0.1:{listener.getsockname()[1]}"
        if case["listen"] == "nowhere":
            yield address
            return
        listener.listen()
        over = threading.Event()
        accepting = threading.Thread(target=_accept, args=(listener, case, good_login, over))
        accepting.start()
        try:
            yield address
        finally:
            over.set()
            listener.shutdown(socket.SHUT_RDWR)  # Ends accept.
            accepting.join()


def _accept(
    listener: socket.socket, case: dict[str, Any], good_login: bool, over: threading.Event
) -> None:
    answering = []
    while not over.is_set():
        try:
            connection, _ = listener.accept()
        except OSError:
            break
        arguments = (connection, case, good_login, over)
        answering.append(threading.Thread(target=_answer, args=arguments))
        answering[-1].start()
    for thread in answering:
        thread.join()


def _answer(
    connection: socket.socket, case: dict[str, Any], good_login: bool, over: threading.Event
) -> None:
    try:
        connection.settimeout(PATIENCE)
        if case["listen"] == "untrusted":
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(SHARED / "untrusted.pem")
            connection = context.wrap_socket(connection, server_side=True)
        request = connection.recv(65536)
        while request.startswith((b"GET ", b"POST ")) and not _is_whole(request):
            request += connection.recv(65536)
        if good_login and request.startswith(b"POST /auth "):
            head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
            head += f"Connection: close\r\nContent-Length: {len(TOKEN.body)}\r\n\r\n"
            connection.sendall(head.encode() + TOKEN.body)
            return
        connection.sendall(case["send"].encode())
        if case["then"] == "hang":
            over.wait(PATIENCE)
        elif case["then"] == "reset":
            time.sleep(0.02)  # What was sent is to arrive.
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    except OSError:
        pass  # The client hung up first.
    finally:
        connection.close()


def _is_whole(request: bytes) -> bool:
    head, end, body = request.partition(b"\r\n\r\n")
    length = re.search(rb"(?im)^content-length: *(\d+)", head)
    return bool(end) and len(body) >= (int(length[1]) if length else 0)
