# SPDX-License-Identifier: Apache-2.0
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from edge.contract.problems import Language
from kiosk_ui.app import DISPLAYS, main
from kiosk_ui.fake_agent import FakeAgent, healthy_status, said


def test_missing_qt_is_explained(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Without PySide6 the programme ends with status 1 and says which pins bring it."""
    monkeypatch.setitem(sys.modules, "PySide6.QtWidgets", None)
    monkeypatch.delitem(sys.modules, "kiosk_ui.show", raising=False)
    assert main(["--language", "en"]) == 1
    assert "requirements/kiosk.txt" in capsys.readouterr().err


def test_broken_qt_is_explained(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """A system library that Qt misses is named, with the command that brings it."""
    monkeypatch.setitem(sys.modules, "kiosk_ui.show", _Unloadable("kiosk_ui.show"))
    assert main(["--language", "en"]) == 1
    said_so = capsys.readouterr().err
    assert "libEGL.so.1" in said_so
    assert "apt-get install" in said_so


def test_a_missing_display_is_explained(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """Started over SSH, the programme says where it wants to be started, before Qt could abort it."""
    _needs_qt()
    for name in DISPLAYS:
        monkeypatch.delenv(name, raising=False)
    assert main(["--language", "en"]) == 1
    said_so = capsys.readouterr().err
    assert "[screen-no-display]" in said_so
    assert "DISPLAY=:0" in said_so


def test_importing_the_programme_does_not_import_qt() -> None:
    """The entry point can explain Qt's absence only if it does not need Qt itself."""
    program = "import sys, kiosk_ui.app, kiosk_ui.flow, kiosk_ui.fake_agent; sys.exit('PySide6' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_chinese_needs_a_font() -> None:
    """Without a Chinese font everything is English; with one, the other language comes second."""
    _needs_qt()
    from kiosk_ui.show import languages  # noqa: PLC0415 - Qt may be absent

    assert languages(Language.ZH, can_write_chinese=False) == (Language.EN, None)
    assert languages(Language.ZH, can_write_chinese=True) == (Language.ZH, Language.EN)
    assert languages(Language.EN, can_write_chinese=True) == (Language.EN, Language.ZH)


def test_programme_runs_until_it_is_told_to_end(tmp_path: Path) -> None:
    """The real process reaches the agent over the real socket, and systemd's SIGTERM ends it with status 0."""
    _needs_qt()
    path = tmp_path / "agent.sock"
    command = [sys.executable, "-m", "kiosk_ui.app", "--socket", str(path)]
    with FakeAgent(path) as agent:
        running = subprocess.Popen(command, env={**os.environ, "QT_QPA_PLATFORM": "offscreen"})
        agent.reply = lambda: _ended(running)
        assert running.wait(timeout=200) == 0
    assert agent.asked >= 1


def _ended(running: "subprocess.Popen[bytes]") -> bytes:
    running.send_signal(signal.SIGTERM)
    return said(healthy_status())


def _needs_qt() -> None:
    pytest.importorskip("PySide6.QtWidgets", reason="PySide6 is not installed (extra `kiosk`)", exc_type=ImportError)


class _Unloadable(type(sys)):  # type: ignore[misc]
    """A module as it is when a shared library that it needs is missing."""

    def __getattr__(self, name: str) -> object:
        raise ImportError("libEGL.so.1: cannot open shared object file")
