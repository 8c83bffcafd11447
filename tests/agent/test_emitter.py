# SPDX-License-Identifier: Apache-2.0
import json
import socket
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.agent import emitter as emitter_module
from edge.agent.emitter import Emitter, Unconfirmed
from edge.contract.local import MAX_LINE_BYTES, Emitted, Refused
from edge.contract.problems import ProblemError
from edge.contract.words import Lane
from tests.durable.stores import open_bare, opened, seqs


@pytest.fixture
def folder() -> Iterator[Path]:
    """A short path with an empty store: the name of a Unix socket has room for 107 bytes."""
    with tempfile.TemporaryDirectory(prefix="dt-") as name:
        open_bare(Path(name)).close()
        yield Path(name)


class ScriptedAgent:
    """An agent by a script: in each of its lives it hears some lines and answers some of those, then it dies.

    It remembers keys as a store does. While it is dead its store is held, as by an agent that is just starting.
    """

    def __init__(self, folder: Path, *lives: tuple[int, int]) -> None:
        self._socket = folder / "agent.sock"
        self._lives = lives
        self.ids: dict[str, str] = {}
        self._store = open_bare(folder)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def join(self) -> None:
        self._thread.join(300)
        self._store.close()

    def _run(self) -> None:
        for hears, answers in self._lives:
            with socket.socket(socket.AF_UNIX) as door:
                door.bind(str(self._socket))
                door.listen()
                peer, _ = door.accept()
                with peer, peer.makefile("rwb") as line:
                    self._live(line, hears, answers)  # type: ignore[arg-type]
            self._socket.unlink()

    def _live(self, line: socket.SocketIO, hears: int, answers: int) -> None:
        for number in range(hears):
            raw = line.readline()
            if not raw:
                break
            key = json.loads(raw)["event"]["key"]
            name = self.ids.setdefault(key, f"e1-record-{len(self.ids) + 1}")
            whole = Emitted(id=name).model_dump_json().encode() + b"\n"
            if number < answers:
                half = number == answers - 1 and answers < hears
                line.write(whole[: len(whole) // 2] if half else whole)
                line.flush()


def event(number: int) -> str:
    return json.dumps({"type": "a.b.v1", "data": {"n": number}})


def pumped(emitter: Emitter, lines: list[str]) -> list[Emitted | Refused]:
    """All answers to lines that come from another thread."""

    def put() -> None:
        for line in lines:
            emitter.put(line)
        emitter.end()

    thread = threading.Thread(target=put, daemon=True)
    thread.start()
    answers = list(emitter.answers())
    thread.join()
    return answers


def ids(answers: list[Emitted | Refused]) -> list[str]:
    return [answer.id if isinstance(answer, Emitted) else answer.problem.code for answer in answers]


@pytest.mark.parametrize(
    "lives",
    [
        pytest.param([(40, 40)], id="agent_lives"),
        pytest.param([(7, 0), (40, 40)], id="agent_dies_before_it_answers"),
        pytest.param([(10, 3), (20, 5), (1, 0), (40, 40)], id="agent_dies_in_the_middle_of_an_answer"),
        pytest.param([(0, 0), (0, 0), (40, 40)], id="agent_dies_at_the_door"),
    ],
)
def test_answers_over_death_and_return(
    folder: Path, lives: list[tuple[int, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """However often the agent dies, each line has one answer, in order, and no line is two events."""
    monkeypatch.setattr(emitter_module, "_RETRY_S", 0.005)
    agent = ScriptedAgent(folder, *lives)
    emitter = Emitter(folder / "agent.sock", folder, 300.0)
    # All before the first is asked: an agent that answers nothing until it has heard seven waits for no later ones.
    for number in range(40):
        emitter.put(event(number))
    emitter.end()
    answers = list(emitter.answers())
    agent.join()
    assert ids(answers) == [f"e1-record-{number}" for number in range(1, 41)]
    assert len(agent.ids) == 40


def test_lines_that_come_while_others_are_answered(folder: Path) -> None:
    """More lines than are read ahead come from one thread while another takes their answers: none is lost or moved."""
    count = emitter_module.OPEN_LINES + 40
    agent = ScriptedAgent(folder, (count, count))
    answers = pumped(Emitter(folder / "agent.sock", folder, 300.0), [event(number) for number in range(count)])
    agent.join()
    assert ids(answers) == [f"e1-record-{number}" for number in range(1, count + 1)]


def test_without_agent_events_go_into_the_store(folder: Path) -> None:
    """A device whose agent is stopped still takes events; the agent finds them when it starts."""
    answers = pumped(Emitter(folder / "agent.sock", folder, 5.0), [event(number) for number in range(3000)])
    with opened(folder) as store:
        assert ids(answers) == [f"{store.epoch}-record-{number}" for number in range(1, 3001)]
        assert seqs(store, Lane.RECORD) == list(range(1, 3001))


def test_wrong_lines_are_answered_in_their_places(folder: Path) -> None:
    """A line that is no event is refused where it stands, and the others are kept."""
    lines = [
        event(1),
        "rubbish",
        "[1]",
        '{"type": "a.b.v1"}',
        '{"type": "nothing", "data": {}}',
        json.dumps({"type": "a.b.v1", "data": {"x": "x" * MAX_LINE_BYTES}}),
        '{"type": "a.b.v1", "data": {"x": "\\ud800"}}',
        event(2),
    ]
    with opened(folder) as store:
        epoch = store.epoch
    answers = pumped(Emitter(folder / "agent.sock", folder, 5.0), lines)
    assert ids(answers) == [f"{epoch}-record-1", *["event-invalid"] * 6, f"{epoch}-record-2"]


def test_nobody_can_be_reached(folder: Path) -> None:
    """Another process holds the store and answers nothing: the lines that are not durable are counted, and put ends."""
    with opened(folder):
        emitter = Emitter(folder / "agent.sock", folder, 0.0)
        for number in range(3):
            assert emitter.put(event(number))
        with pytest.raises(Unconfirmed) as left:
            list(emitter.answers())
        assert (left.value.count, left.value.line) == (3, 1)
        assert not emitter.put(event(4))


def test_wait_counts_from_the_line_that_waits(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stream that was quiet for long has the same patience for its next line as a new one."""
    now = 1000.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    monkeypatch.setattr(emitter_module, "_RETRY_S", 0.005)
    emitter = Emitter(folder / "agent.sock", folder, 5.0)
    answers = emitter.answers()
    emitter.put(event(1))
    with opened(folder) as store:
        epoch = store.epoch
    assert ids([next(answers)]) == [f"{epoch}-record-1"]
    now += 3600.0
    agent = ScriptedAgent(folder, (0, 0), (1, 1))
    emitter.put(event(2))
    assert ids([next(answers)]) == ["e1-record-1"]
    agent.join()
    emitter.end()
    assert list(answers) == []


def test_full_disk_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without room neither for the store nor for the row, the line is refused or the stream ends with the reason."""

    def full(*_: object, **__: object) -> None:
        raise ProblemError("disk-full", path="a test")

    monkeypatch.setattr("edge.durable.transaction.Transaction.append", full)
    assert ids(pumped(Emitter(folder / "agent.sock", folder, 5.0), [event(1)])) == ["disk-full"]
    monkeypatch.setattr("edge.agent.emitter.open_store", full)
    with pytest.raises(ProblemError):
        pumped(Emitter(folder / "agent.sock", folder, 5.0), [event(1)])
