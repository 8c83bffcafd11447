# SPDX-License-Identifier: Apache-2.0
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FLAKY = """\
from pathlib import Path
import pytest

@pytest.mark.parametrize("name", ["one - two", "[x]"])
def test_fails_first(name):
    mark = Path(__file__).with_name(f"seen {name}")
    seen = mark.exists()
    mark.touch()
    assert seen

def test_passes():
    pass
"""
BROKEN = """\
import pytest

@pytest.mark.parametrize("number", range({count}))
def test_fails(number):
    assert False
"""


@pytest.mark.parametrize(
    ("source", "code", "words"),
    [
        pytest.param(FLAKY, 0, "FAILED IN COMPANY, PASSED ALONE", id="passes_alone"),
        pytest.param(BROKEN.format(count=1), 1, "FAILED IN COMPANY AND ALONE", id="fails_again"),
        pytest.param(BROKEN.format(count=4), 1, "no second look: 4 failed tests", id="too_many"),
        pytest.param("import nowhere_to_be_found", 1, "no second look: 0 failed tests", id="broke_off"),
    ],
)
def test_second_look(tmp_path: Path, source: str, code: int, words: str) -> None:
    """Exactly the few that failed are run again, and it is told; what fails again, or too much at once, fails."""
    (tmp_path / "test_played.py").write_text(source, "utf-8")
    bare = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COV_"))}
    bare |= {"PYTHONPATH": str(ROOT), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "FAILED_TESTS": str(tmp_path / "failed")}

    def run(*arguments: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", *arguments]
        return subprocess.run(command, cwd=tmp_path, env=bare, check=False, capture_output=True, text=True)

    assert run("pytest", "-p", "tests.second_look", "-p", "xdist", "-n", "1").returncode
    looked = run("tests.second_look", str(tmp_path / "failed"))
    assert (looked.returncode, words in looked.stdout) == (code, True)
    assert ("2 passed" in looked.stdout) == (code == 0)
