# SPDX-License-Identifier: Apache-2.0
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

pytest.importorskip("PySide6.QtNetwork", reason="PySide6 is not installed (extra `kiosk`)", exc_type=ImportError)

from PySide6.QtCore import QPoint, QRect
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QLabel, QWidget
from pytestqt.qtbot import QtBot

from edge.contract.problems import Language
from kiosk_ui.agent_link import AgentLink
from kiosk_ui.fake_agent import FakeAgent, healthy_status, said
from kiosk_ui.flow import InService, OutOfService, Screen, Starting
from kiosk_ui.fonts import chinese_family
from kiosk_ui.screens.service import ServiceScreen
from kiosk_ui.show import fill
from kiosk_ui.terminal import Terminal
from kiosk_ui.words import words_in

LONG_MS = 200_000
MAY_MORNING = datetime(2026, 5, 14, 9, 5, tzinfo=UTC)


class Clock:
    """A monotonic clock that the story moves."""

    now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def screen(qtbot: QtBot) -> ServiceScreen:
    screen = ServiceScreen(words_in(Language.EN), words_in(Language.ZH), None)
    qtbot.addWidget(screen)
    return screen


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[FakeAgent]:
    agent = FakeAgent(tmp_path / "agent.sock")
    yield agent
    agent.stop()


@pytest.fixture
def terminal(screen: ServiceScreen, agent: FakeAgent, clock: Clock) -> Iterator[Terminal]:
    terminal = Terminal(AgentLink(str(agent.path)), screen, clock, lambda: MAY_MORNING)
    yield terminal
    terminal.stop()


def until_shown(qtbot: QtBot, terminal: Terminal, clock: Clock, kind: type[Screen]) -> None:
    """Let time pass until the terminal shows a state of this kind."""

    def passed() -> bool:
        clock.now_s += 0.5
        terminal.tick()
        return isinstance(terminal.flow.screen, kind)

    qtbot.waitUntil(passed, timeout=LONG_MS)


@pytest.mark.scenario
def test_agent_restart(qtbot: QtBot, terminal: Terminal, agent: FakeAgent, clock: Clock, screen: ServiceScreen) -> None:
    """The screen outlives its agent three times: it says so each time, and opens again each time by itself."""
    for _restart in range(3):
        agent.start()
        until_shown(qtbot, terminal, clock, InService)
        assert screen.title.text() == "In service"
        assert screen.terminal.text() == "Terminal  terminal-07"
        agent.stop()
        until_shown(qtbot, terminal, clock, OutOfService)
        assert screen.title.text() == "Out of service"
        assert "12345" in screen.next.text()
        assert screen.code.text() == "screen-agent-absent"


@pytest.mark.scenario
def test_agent_hangs(qtbot: QtBot, terminal: Terminal, agent: FakeAgent, clock: Clock, screen: ServiceScreen) -> None:
    """An agent that keeps the connection and says nothing puts the terminal out of service, until it talks again."""
    with agent:
        until_shown(qtbot, terminal, clock, InService)
        agent.reply = lambda: b""
        until_shown(qtbot, terminal, clock, OutOfService)
        assert screen.code.text() == "screen-agent-silent"
        agent.reply = lambda: said(healthy_status(online=False))
        until_shown(qtbot, terminal, clock, InService)
        assert "network is down" in screen.body.text()


def test_timer_alone_opens_the_terminal(qtbot: QtBot, terminal: Terminal, agent: FakeAgent) -> None:
    """Once started, the terminal needs nobody to tick it."""
    with agent:
        terminal.start()
        qtbot.waitUntil(lambda: isinstance(terminal.flow.screen, InService), timeout=LONG_MS)


def test_time_is_shown_only_when_the_clock_is_set(
    qtbot: QtBot, terminal: Terminal, agent: FakeAgent, clock: Clock, screen: ServiceScreen
) -> None:
    """A terminal without a battery wakes up in 1970; it shows no time until the agent trusts the clock."""
    agent.reply = lambda: said(healthy_status(clock="unset"))
    with agent:
        until_shown(qtbot, terminal, clock, InService)
        assert screen.clock.text() == ""
        agent.reply = lambda: said(healthy_status())
        qtbot.waitUntil(lambda: _clock_shown(terminal, clock, screen), timeout=LONG_MS)
    assert screen.date.text() == "Thursday, 14/5/2026"


@pytest.mark.parametrize("size", [(1080, 1920), (1920, 1080), (1024, 768), (600, 1024)], ids=lambda size: f"{size}")
@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize(
    "state",
    [Starting(), InService("terminal-07", online=False), OutOfService("screen-agent-unintelligible", "terminal-07")],
    ids=["starting", "offline", "out"],
)
def test_nothing_is_cut_off(qtbot: QtBot, size: tuple[int, int], language: Language, state: Screen) -> None:
    """On every panel in use, upright or lying, each text is whole, inside the screen and apart from the others."""
    screen = ServiceScreen(words_in(language), words_in(Language.EN), chinese_family())
    qtbot.addWidget(screen)
    screen.show_time(MAY_MORNING)
    screen.show_state(state)
    screen.resize(*size)
    screen.show()
    qtbot.waitExposed(screen)
    assert (screen.width(), screen.height()) == size
    labels = [label for label in screen.findChildren(QLabel) if label.isVisible() and label.text()]
    boxes = [QRect(label.mapTo(screen, QPoint(0, 0)), label.size()) for label in labels]
    for label, box in zip(labels, boxes, strict=True):
        assert screen.rect().contains(box), label.text()
        assert box.height() >= label.heightForWidth(box.width()), label.text()
        assert label.wordWrap() or box.width() >= label.sizeHint().width(), label.text()
    for index, box in enumerate(boxes):
        assert not any(box.intersects(other) for other in boxes[index + 1 :])


def test_screen_covers_the_panel_without_a_window_manager(qtbot: QtBot) -> None:
    """A bare X server leaves a full-screen window at its own size, so the programme asks for the panel's itself."""
    screen = QWidget()
    qtbot.addWidget(screen)
    fill(QGuiApplication.primaryScreen(), screen)
    assert screen.geometry() == QGuiApplication.primaryScreen().geometry()


def test_screen_without_second_language(qtbot: QtBot) -> None:
    """Where no font can write the second language the line stays empty instead of showing boxes."""
    screen = ServiceScreen(words_in(Language.EN), None, None)
    qtbot.addWidget(screen)
    screen.show_state(InService("terminal-07", online=True))
    assert screen.second_title.text() == ""


def _clock_shown(terminal: Terminal, clock: Clock, screen: ServiceScreen) -> bool:
    clock.now_s += 0.5
    terminal.tick()
    return screen.clock.text() == "09:05"
