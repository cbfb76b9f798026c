"""One binary, built from this repository, and one demo server for all tests."""

from __future__ import annotations

import json
import os
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from server import PATIENCE, Server, serving

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(scope="session")
def binary(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program named by RESTAUTH_BINARY, such as a release; else what the sources give."""
    given = os.environ.get("RESTAUTH_BINARY")
    if given:
        return Path(given).resolve(strict=True)
    out = tmp_path_factory.mktemp("bin") / "restauth"
    subprocess.run(["go", "build", "-o", out, "./cmd/restauth"], cwd=ROOT, check=True)
    return out


@pytest.fixture(scope="session")
def demo(binary: Path) -> Iterator[Server]:
    with serving(binary, "--demo") as server:
        yield server


@pytest.fixture(scope="session")
def brief(binary: Path) -> Iterator[Server]:
    """A demo whose tokens live two seconds."""
    with serving(binary, "--demo", "--token-lifetime=2s", "--leeway=0s") as server:
        yield server


@pytest.fixture(scope="session")
def contract(demo: Server) -> dict[str, Any]:
    """The contract as the server itself publishes it."""
    with urllib.request.urlopen(demo.url + "/openapi.json", timeout=PATIENCE) as answer:
        document: dict[str, Any] = json.load(answer)
    return document


# Every async test runs on both.
@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    backend: str = request.param
    return backend
