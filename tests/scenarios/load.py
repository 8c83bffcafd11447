# SPDX-License-Identifier: Apache-2.0
"""Events from outside: a real `edge-agent emit` that is fed line by line, and the ledger of what it was told."""

import json
import random
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Final

from edge.contract.local import ANSWER, Emitted, Refused
from edge.contract.words import Lane

LOAD_TYPE: Final = "scenario.tick.v1"
_LANES: Final = {Lane.URGENT: 1, Lane.RECORD: 6, Lane.STATE: 6, Lane.METRIC: 4}
_FINISH_WITHIN_S: Final = 200.0
_LOOK_AGAIN_S: Final = 0.02


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast lines are written: `lines` at once, then a rest; each carries up to `pad` bytes more than it must."""

    lines: int = 10
    rest_s: float = 0.015
    pad: int = 200


@dataclass(frozen=True, slots=True)
class Line:
    """One event as it was asked for; `id` once it was accepted, `refused` with the problem's code otherwise."""

    emitter: str
    n: int
    lane: Lane
    id: str = ""
    refused: str = ""


class EmitLoad:
    """One `edge-agent emit`, living through whatever happens to the agent."""

    def __init__(self, name: str, config: Path, seed: int, pace: Pace | None = None) -> None:
        """Start it and begin to feed it at once."""
        self.name = name
        self.ledger: list[Line] = []
        """Every line that was answered, in order."""
        self._pace = pace or Pace()
        self._chance = random.Random(seed)
        self._asked: list[Line] = []
        self._enough = threading.Event()
        command = [sys.executable, "-m", "edge.agent.main", "emit", "--config", str(config), "--wait", "200"]
        with config.with_name(f"emit-{name}.log").open("ab") as log:
            self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log)
        self._threads = [threading.Thread(target=work, daemon=True) for work in (self._feed, self._hear)]
        for thread in self._threads:
            thread.start()

    @property
    def accepted(self) -> int:
        """How many events were accepted so far."""
        return sum(1 for line in list(self.ledger) if line.id)

    @property
    def refusals(self) -> list[str]:
        """Codes of the problems that lines were refused with, in order."""
        return [line.refused for line in list(self.ledger) if line.refused]

    def until(self, more: int, within_s: float = 40.0) -> None:
        """Wait until `more` further lines were answered."""
        goal = len(self.ledger) + more
        wait_until(lambda: len(self.ledger) >= goal, within_s, f"{self.name}: {more} more answers")

    def finish(self) -> list[Line]:
        """End the input, wait for the last answer, and check that every line had one. Gives the ledger."""
        self._enough.set()
        self._threads[0].join(_FINISH_WITHIN_S)
        self._process.wait(_FINISH_WITHIN_S)
        self._threads[1].join(_FINISH_WITHIN_S)
        assert len(self.ledger) == len(self._asked), f"{self.name}: {len(self._asked) - len(self.ledger)} unanswered"
        return self.ledger

    def finish_after(self, more: int) -> list[Line]:
        """Wait until `more` further lines were answered, then finish."""
        self.until(more)
        return self.finish()

    def close(self) -> None:
        """Whatever happened, leave no process and no open pipe."""
        self._enough.set()
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        for thread in self._threads:
            thread.join(_FINISH_WITHIN_S)
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe and not pipe.closed:
                pipe.close()

    def _feed(self) -> None:
        out = self._process.stdin
        assert out is not None
        try:
            for burst in self._bursts():
                out.write(burst)
                out.flush()
                if self._enough.wait(self._pace.rest_s):
                    break
            out.close()
        except (BrokenPipeError, ValueError):
            return  # it was ended; `finish` sees what stayed unanswered

    def _bursts(self) -> Iterator[bytes]:
        numbers = count(1)
        while True:
            lines = [self._ask(next(numbers)) for _ in range(self._pace.lines)]
            yield b"".join(lines)

    def _ask(self, n: int) -> bytes:
        lane = self._chance.choices(list(_LANES), list(_LANES.values()))[0]
        self._asked.append(Line(self.name, n, lane))
        pad = self._chance.randbytes(self._chance.randrange(self._pace.pad) // 2).hex()
        data = {"emitter": self.name, "n": n, "pad": pad, "sum": zlib.crc32(pad.encode())}
        return json.dumps({"type": LOAD_TYPE, "lane": lane.value, "data": data}).encode() + b"\n"

    def _hear(self) -> None:
        heard = self._process.stdout
        assert heard is not None
        for raw in heard:
            asked = self._asked[len(self.ledger)]
            match ANSWER.validate_json(raw):
                case Emitted(id=named):
                    self.ledger.append(Line(asked.emitter, asked.n, asked.lane, id=named))
                case Refused(problem=problem):
                    self.ledger.append(Line(asked.emitter, asked.n, asked.lane, refused=problem.code))
                case other:
                    raise AssertionError(other)


BUSY = 10
_AT_LEAST_S: Final = 200.0
"""Deadlines are written for a quiet machine. One that does much else may take many times as long; to wait for it costs
nothing where things go well."""


def wait_until(holds: Callable[[], bool], within_s: float, what: str) -> None:
    """Return once `holds()`; fail with `what` when it does not in time."""
    deadline = time.monotonic() + max(within_s * BUSY, _AT_LEAST_S)
    while not holds():
        assert time.monotonic() < deadline, f"not within {within_s:g} s: {what}"
        time.sleep(_LOOK_AGAIN_S)
