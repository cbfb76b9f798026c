"""README's examples, as a reader would try them: an empty environment and the wheel."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from server import Server

PROJECT = Path(__file__).resolve().parents[1]
EXAMPLE = re.compile(
    r"<!-- example: (?P<name>\w+) -->\n```python\n(?P<code>.*?)```\n"
    r".*?```text\n(?P<output>.*?)```\n",
    re.DOTALL,
)
EXAMPLES = {
    found["name"]: (found["code"], found["output"])
    for found in EXAMPLE.finditer((PROJECT / "README.md").read_text(encoding="utf-8"))
}


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The interpreter of a new environment with nothing but the wheel and what it asks for."""
    where = tmp_path_factory.mktemp("reader")
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "wheel", "--no-deps", "--wheel-dir", where, PROJECT], check=True)
    (wheel,) = where.glob("restauth_client-*.whl")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", where / "venv"], check=True)
    interpreter = where / "venv" / "bin" / "python"
    subprocess.run([*pip, "--python", interpreter, "install", wheel], check=True)
    return interpreter


def test_there_is_an_example_of_each_kind() -> None:
    assert sorted(EXAMPLES) == ["async", "sync"]


@pytest.mark.parametrize("name", ["sync", "async"])
def test_an_example_prints_what_readme_says(
    name: str, python: Path, demo: Server, tmp_path: Path
) -> None:
    code, output = EXAMPLES[name]
    (tmp_path / "example.py").write_text(code, encoding="utf-8")
    # -I: neither this repository nor the tests' own packages can be found.
    run = subprocess.run(
        [python, "-I", "-W", "error", "example.py"],
        cwd=tmp_path,
        env={"RESTAUTH_URL": demo.url},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert run.stderr == ""
    assert (run.returncode, run.stdout) == (0, output)
