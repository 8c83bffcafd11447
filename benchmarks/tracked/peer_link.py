# SPDX-License-Identifier: Apache-2.0
"""The benchmark's end of the line to other people's trackers, which live in an interpreter of their own."""

import json
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import IO, Final

from benchmarks.workplace import ROOT

PYTHON: Final = ROOT / ".venv-peers" / "bin" / "python"
PROGRAM: Final = ROOT / "benchmarks" / "tracked" / "peers.py"
HOW_TO: Final = "make peers"
"""The command that brings them."""
PEERS: Final = ("sort", "bytetrack", "norfair")


def installed() -> bool:
    """Whether there is anybody to compare with."""
    return PYTHON.exists()


class PeerLink:
    """One child that tracks, with as many trackers as are begun in it."""

    def __init__(self, to: IO[str], answers: IO[str]) -> None:
        self._to, self._answers = to, answers

    def begin(self, name: str, tracker: str, fps: float, remember_s: float | None) -> None:
        """Have a tracker of that kind under that name, anew if there was one."""
        self._to.write(json.dumps({"as": name, "tracker": tracker, "fps": fps, "remember_s": remember_s}) + "\n")

    def follow(self, name: str, boxes: Sequence[Sequence[float]]) -> tuple[list[int], float]:
        """The identity of each box, -1 for none, and the milliseconds that it took there."""
        self._to.write(json.dumps({"as": name, "boxes": boxes}) + "\n")
        self._to.flush()
        answer = json.loads(self._answers.readline())
        return answer["ids"], answer["ms"]


@contextmanager
def peer_link() -> Iterator[PeerLink]:
    """A child for as long as it is needed."""
    with subprocess.Popen(
        [PYTHON, PROGRAM], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
    ) as child:
        assert child.stdin is not None
        assert child.stdout is not None
        yield PeerLink(child.stdin, child.stdout)
        child.stdin.close()
