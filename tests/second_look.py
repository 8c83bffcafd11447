# SPDX-License-Identifier: Apache-2.0
"""Tests that failed in company are run once more, alone: for `.ci/run` only, and never quietly.

As a plugin (`-p tests.second_look`) it writes the names of failed tests to the file that `$FAILED_TESTS` names, if the
run came to its end and nothing but tests failed. As a program it runs those of such a file again.
"""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

MOST = 3
"""More failures at once have a common cause, and need no second look to be believed."""
_RULE = "=" * 100
_failed: dict[str, None] = {}
_unread: list[str] = []


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Remember who failed, in whichever of its phases."""
    if report.failed:
        _failed[report.nodeid] = None


def pytest_collectreport(report: pytest.CollectReport) -> None:
    """Remember what could not even be read: nobody knows what its tests would have said."""
    if report.failed:
        _unread.append(report.nodeid)


def pytest_sessionfinish(exitstatus: int) -> None:
    """Write the names down; not in the workers of xdist, whose failures their master hears of."""
    ended = exitstatus == pytest.ExitCode.TESTS_FAILED and not _unread
    if ended and "PYTEST_XDIST_WORKER" not in os.environ:
        Path(os.environ["FAILED_TESTS"]).write_text("\n".join(_failed), "utf-8")


def look_again(names: Sequence[str], arguments: Sequence[str]) -> int:
    """Run these tests in a process without others beside them; 0 if there are few and all of them pass now."""
    if not 1 <= len(names) <= MOST:
        _tell(f"no second look: {len(names)} failed tests are known, and from 1 to {MOST} are looked at again")
        return 1
    _tell("second look, alone, at what failed in company:", *names)
    ended = subprocess.run([sys.executable, "-m", "pytest", *arguments, *names], check=False)
    verdict = "FAILED IN COMPANY, PASSED ALONE" if ended.returncode == 0 else "FAILED IN COMPANY AND ALONE"
    _tell(
        *(f"{verdict}: {name}" for name in names), "Each has a cause that wants mending: too short a wait, or a race."
    )
    return 0 if ended.returncode == 0 else 1


def _tell(*lines: str) -> None:
    sys.stdout.write("\n".join(("", _RULE, *lines, _RULE, "")))
    sys.stdout.flush()


if __name__ == "__main__":
    file = Path(sys.argv[1])
    sys.exit(look_again(file.read_text("utf-8").splitlines() if file.exists() else [], sys.argv[2:]))
