# SPDX-License-Identifier: Apache-2.0
"""Another program of the device that hands events to the agent: JSON lines, many before the first answer."""

import itertools
import socket
import threading
from pathlib import Path
from types import TracebackType
from typing import Self

from benchmarks.sample_events import TYPE, readings
from edge.contract.local import ANSWER, EmitAsked, Emitted, EventLine
from edge.contract.words import Lane

_DATA = tuple(itertools.islice(readings(), 256))


class EventLines:
    """One connection, used while it is entered."""

    def __init__(self, path: Path, lane: Lane = Lane.STATE) -> None:
        """Talk to the agent that listens at `path`; events go to `lane`."""
        self._line = socket.socket(socket.AF_UNIX)
        self._line.connect(str(path))
        self._answers = self._line.makefile("rb")
        lines = (EmitAsked(event=EventLine(type=TYPE, lane=lane, subject="pole", data=data)) for data in _DATA)
        self._asks = itertools.cycle([line.model_dump_json().encode() + b"\n" for line in lines])

    def __enter__(self) -> Self:
        """Connected."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, wrong: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Hung up."""
        self._answers.close()
        self._line.close()

    def emit(self, count: int) -> int:
        """Hand over `count` events and wait until all are on disk; gives the sequence of the last."""
        asks = b"".join(itertools.islice(self._asks, count))
        sending = threading.Thread(target=self._line.sendall, args=(asks,))
        sending.start()
        last = ""
        for _ in range(count):
            answer = ANSWER.validate_json(self._answers.readline())
            assert isinstance(answer, Emitted), answer
            last = answer.id
        sending.join()
        return int(last.rpartition("-")[2])
