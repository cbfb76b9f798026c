"""Starts what a comparison needs, and stops it again: a private MariaDB, the
legacy application, and restauth, each on a free port of this machine."""

import contextlib
import json
import os
import pathlib
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from urllib.parse import quote, unquote, urlsplit

import speech

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent
SECRET = speech.SECRET
USERS_SQL = [ROOT / "internal/flaskjwt/testdata/users.sql", HERE / "users.sql"]


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def listening(port):
    with socket.socket() as s:
        s.settimeout(0.5)
        return s.connect_ex(("127.0.0.1", port)) == 0


@contextlib.contextmanager
def process(name, argv, port, log, seconds=60, **kwargs):
    """Runs argv until the block ends. Its output goes to the file log, the end
    of which is shown when it does not come up."""
    with open(log, "wb") as out:
        p = subprocess.Popen(argv, stdout=out, stderr=subprocess.STDOUT, **kwargs)
    try:
        deadline = time.monotonic() + seconds
        while not listening(port):
            if p.poll() is not None or time.monotonic() > deadline:
                tail = pathlib.Path(log).read_text(errors="replace")[-2000:]
                raise SystemExit(f"{name} did not start:\n{tail}")
            time.sleep(0.05)
        yield p
    finally:
        p.send_signal(signal.SIGTERM)
        try:
            p.wait(20)
        except subprocess.TimeoutExpired:
            p.kill()
            p.wait()


@contextlib.contextmanager
def mariadb(work):
    """Yields the URL of an empty server's administrator. RESTAUTH_TEST_MARIADB
    names a server that runs already and is used instead."""
    running = os.environ.get("RESTAUTH_TEST_MARIADB")
    if running:
        yield running
        return
    for program in ("mariadbd", "mariadb-install-db"):
        if not shutil.which(program):
            raise SystemExit(f"{program} is missing: run scripts/test-deps.sh")
    data, sock, port = work / "mariadb", work / "mariadb.sock", free_port()
    # As root the server has to be told so; elsewhere --user is only a warning.
    user = ["--user=root"] if os.geteuid() == 0 else []
    made = subprocess.run(
        ["mariadb-install-db", "--no-defaults", f"--datadir={data}", "--auth-root-authentication-method=normal",
         "--skip-test-db", *user],
        # Others that start in a common folder delete its temporary tables.
        env={**os.environ, "TMPDIR": str(work)}, capture_output=True, text=True, check=False)
    if made.returncode:
        raise SystemExit(f"mariadb-install-db: {made.stdout[:1000]}{made.stderr[-1000:]}")
    argv = ["mariadbd", "--no-defaults", f"--datadir={data}", f"--socket={sock}", f"--port={port}", f"--tmpdir={work}",
            "--bind-address=127.0.0.1", "--skip-name-resolve", "--innodb-flush-log-at-trx-commit=0", *user]
    with process("mariadbd", argv, port, work / "mariadb.log"):
        yield f"mysql://root@127.0.0.1:{port}/mysql"


def connect(url, database=None):
    """A PyMySQL connection to mysql://user:password@host:port/database."""
    import pymysql

    u = urlsplit(url)
    return pymysql.connect(
        host=u.hostname, port=u.port or 3306, user=unquote(u.username), password=unquote(u.password or ""),
        database=database or unquote(u.path[1:]), charset="utf8mb4", autocommit=True)


@contextlib.contextmanager
def user_table(admin):
    """A database of its own with the recorded rows and those of users.sql, and
    a user that may only read it. Yields that user's URL."""
    name = "compat_" + secrets.token_hex(4)
    password = secrets.token_hex(12)
    u = urlsplit(admin)
    with connect(admin) as connection, connection.cursor() as cursor:
        cursor.execute(f"CREATE DATABASE {name} CHARACTER SET utf8mb4")
        try:
            cursor.execute(f"USE {name}")
            for file in USERS_SQL:
                for statement in file.read_text(encoding="utf-8").split(";\n"):
                    if statement.strip():
                        cursor.execute(statement)
            cursor.execute(f"CREATE USER {name}@'%%' IDENTIFIED BY %s", (password,))
            cursor.execute(f"GRANT SELECT ON {name}.user TO {name}@'%'")
            yield f"mysql://{name}:{quote(password)}@{u.hostname}:{u.port or 3306}/{name}"
        finally:
            cursor.execute(f"DROP DATABASE {name}")
            cursor.execute(f"DROP USER IF EXISTS {name}@'%'")


@contextlib.contextmanager
def legacy(work, users):
    port = free_port()
    env = dict(os.environ, LEGACY_DATABASE=users, LEGACY_SECRET="secret-key", LEGACY_PORT=str(port),
               LEGACY_CONFIG=json.dumps(speech.FLASK), LEGACY_TOKEN_MEMBER=speech.TOKEN, LEGACY_CLAIMS=json.dumps(speech.CLAIMS))
    argv = [sys.executable, "-W", "ignore", str(HERE / "legacy/app.py")]
    with process("the legacy application", argv, port, work / f"legacy-{port}.log", env=env):
        yield f"http://127.0.0.1:{port}"


def binary(work):
    """What COMPAT_RESTAUTH names, a released binary perhaps, else this tree's."""
    if os.environ.get("COMPAT_RESTAUTH"):
        return os.environ["COMPAT_RESTAUTH"]
    built = subprocess.run(["go", "build", "-o", str(work / "restauth"), "./cmd/restauth"], cwd=ROOT, check=False)
    if built.returncode:
        raise SystemExit("restauth does not build")
    return str(work / "restauth")


@contextlib.contextmanager
def restauth(work, users):
    program = binary(work)
    port = free_port()
    env = {k: v for k, v in os.environ.items() if not k.startswith("RESTAUTH_")}
    env["RESTAUTH_SECRET_KEY"] = SECRET
    # Flask-JWT lets everybody guess; what this server refuses could not be compared.
    argv = [program, "serve", "--listen", f"127.0.0.1:{port}", "--users", users, "--allow-weak-secret", "--no-throttle",
            *speech.FLAGS]
    log = work / "restauth.log"
    with process("restauth", argv, port, log, env=env, cwd=work) as p:
        yield f"http://127.0.0.1:{port}"
        if p.poll() is not None:
            raise SystemExit(f"restauth ended by itself:\n{log.read_text(errors='replace')[-2000:]}")
