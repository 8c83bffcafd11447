# SPDX-License-Identifier: Apache-2.0
from collections.abc import Iterator
from pathlib import Path

import pytest

pytest.importorskip("PySide6.QtNetwork", reason="PySide6 is not installed (extra `kiosk`)", exc_type=ImportError)

from pytestqt.qtbot import QtBot

from edge.contract.local import MAX_LINE_BYTES, Refused
from edge.contract.problems import Problem
from kiosk_ui.agent_link import AgentLink
from kiosk_ui.fake_agent import FakeAgent, healthy_status, said
from kiosk_ui.flow import Fact, Garbled, Heard, Joined, Parted

LONG_MS = 200_000


@pytest.fixture
def agent(tmp_path: Path) -> Iterator[FakeAgent]:
    with FakeAgent(tmp_path / "agent.sock") as agent:
        yield agent


def next_fact(qtbot: QtBot, link: AgentLink) -> Fact:
    """The next fact that the link tells."""
    with qtbot.waitSignal(link.heard, timeout=LONG_MS) as told:
        pass
    assert told.args is not None
    fact: Fact = told.args[0]
    return fact


def joined_link(qtbot: QtBot, agent: FakeAgent) -> AgentLink:
    """A link that is connected."""
    link = AgentLink(str(agent.path))
    link.connect_agent()
    assert next_fact(qtbot, link) == Joined()
    return link


def test_status_is_heard(qtbot: QtBot, agent: FakeAgent) -> None:
    """A question over a real socket brings the agent's status as it was said, and so does the next."""
    link = joined_link(qtbot, agent)
    for _question in range(2):
        link.ask()
        assert next_fact(qtbot, link) == Heard(healthy_status())
    link.hang_up()


def test_absent_socket_is_parted(qtbot: QtBot, tmp_path: Path) -> None:
    """A socket file that is not there is the same to the flow as an agent that left."""
    link = AgentLink(str(tmp_path / "nobody.sock"))
    link.connect_agent()
    assert next_fact(qtbot, link) == Parted()


def test_dead_socket_file_is_parted(qtbot: QtBot, agent: FakeAgent) -> None:
    """A killed agent leaves its socket file behind; connecting to it fails and does not hang."""
    agent.stop()
    link = AgentLink(str(agent.path))
    link.connect_agent()
    assert next_fact(qtbot, link) == Parted()


def test_agent_that_dies_is_parted_once(qtbot: QtBot, agent: FakeAgent) -> None:
    """One death is one fact, although the socket tells of it as an error and as a disconnection."""
    link = joined_link(qtbot, agent)
    facts: list[Fact] = []
    link.heard.connect(facts.append)
    agent.stop()
    qtbot.waitUntil(lambda: bool(facts), timeout=LONG_MS)
    link.connect_agent()
    qtbot.waitUntil(lambda: len(facts) >= 2, timeout=LONG_MS)
    assert facts == [Parted(), Parted()]


@pytest.mark.parametrize(
    "answer",
    [b"hello\n", b"{}\n", b"\xff\xfe\n", said(Refused(problem=Problem(code="disk-full")))],
    ids=["words", "empty", "bytes", "refusal"],
)
def test_anything_but_a_status_is_garbled(qtbot: QtBot, agent: FakeAgent, answer: bytes) -> None:
    """A peer of another kind or version is told apart from one that is silent."""
    agent.reply = lambda: answer
    link = joined_link(qtbot, agent)
    link.ask()
    assert next_fact(qtbot, link) == Garbled()
    link.hang_up()


def test_line_without_end_is_garbled(qtbot: QtBot, agent: FakeAgent) -> None:
    """A peer that never ends its line costs the cap and no more."""
    agent.reply = lambda: b"x" * (2 * MAX_LINE_BYTES)
    link = joined_link(qtbot, agent)
    link.ask()
    assert next_fact(qtbot, link) == Garbled()
    link.hang_up()
