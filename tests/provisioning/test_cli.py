# SPDX-License-Identifier: Apache-2.0
import subprocess
import sys
from pathlib import Path

import pytest
from rich.console import Console
from syrupy.assertion import SnapshotAssertion

from edge.agent.release import __version__
from edge.contract.problems import ProblemError
from provisioning import cli
from provisioning.commands import demo as demo_command
from provisioning.console import Terminal


@pytest.mark.parametrize("language", ["en", "zh_CN.UTF-8"])
@pytest.mark.parametrize(
    "words",
    [[], ["bench"], ["demo"], ["fleet-sim"], ["models"], ["import"], ["hub-key"], ["evidence"], ["evidence", "verify"]],
    ids=lambda words: " ".join(words) or "all",
)
def test_help_reads_as_written(words: list[str], language: str, snapshot: SnapshotAssertion) -> None:
    """The help of each command, in both languages, is what somebody has read and approved."""
    console = Console(width=100, force_terminal=False, no_color=True)
    with console.capture() as said:
        cli.application(Terminal({"LANG": language})).help_print(words, console=console)
    assert "\n".join(line.rstrip() for line in said.get().splitlines()) == snapshot


@pytest.mark.parametrize("words", [["--nope"], ["demo", "--nope"], ["demo", "--seconds", "soon"], ["flash"]])
def test_wrong_use_is_two(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    """A slip of the pen is answered on stderr, in words, with exit code 2."""
    assert cli.run(words) == cli.WRONG_USE
    said = capsys.readouterr()
    assert said.out == ""
    assert "Traceback" not in said.err


@pytest.mark.parametrize(
    ("raised", "code"),
    [
        (ProblemError("demo-video-missing", path="/no.mp4"), cli.PROBLEM),
        (ProblemError("demo-no-pictures", source="rtsp://127.0.0.1", wait_s=1), cli.CANNOT_REACH),
        (KeyboardInterrupt(), cli.INTERRUPTED),
    ],
    ids=["problem", "unreachable", "interrupted"],
)
def test_each_end_has_its_code(raised: BaseException, code: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Scripts can tell a problem from a camera that cannot be reached and from Ctrl-C."""

    def ends(**_: object) -> int:
        raise raised

    monkeypatch.setattr(demo_command, "demo", ends)
    assert cli.run(["demo"]) == code


@pytest.mark.parametrize(("language", "next_step"), [("en", "Give --video the path"), ("zh_CN", "请用 --video")])
def test_problems_end_in_a_next_step(language: str, next_step: str, capsys: pytest.CaptureFixture[str]) -> None:
    """What went wrong, why, and what to do, in the terminal's language and without markup of its own."""
    Terminal({"LANG": language}).problem(ProblemError("demo-video-missing", path="/tmp/[red]x.mp4").problem)
    said = capsys.readouterr().err
    assert next_step in said
    assert "/tmp/[red]x.mp4" in said
    assert "\x1b" not in said


def test_missing_video_is_told_before_anything_starts(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Neither broker nor hub is started for a recording that is not there."""
    assert cli.run(["demo", "--video", str(tmp_path / "no.mp4"), "--folder", str(tmp_path / "run")]) == cli.PROBLEM
    assert "no.mp4" in capsys.readouterr().err
    assert not (tmp_path / "run").exists()


def test_the_version_is_that_of_the_package(capsys: pytest.CaptureFixture[str]) -> None:
    """Technician's tool and agent come in one package and tell one version."""
    assert cli.run(["--version"]) == cli.OK
    assert capsys.readouterr().out.split() == ["provision", __version__]


def test_help_is_cheap() -> None:
    """Asking for help loads no command: neither MQTT nor a database nor a model."""
    heavy = {"paho", "sqlite3", "numpy", "cryptography", "provisioning.bench.world"}
    code = f"import sys\nfrom provisioning.cli import run\nrun(['--help'])\nsys.exit(bool({heavy} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], stdout=subprocess.DEVNULL, check=False).returncode == 0
