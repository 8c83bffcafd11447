# SPDX-License-Identifier: Apache-2.0
"""Turns at inferring, taken by real processes: no more at once than there are, and none lost with who is killed."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from edge.vision.turns import SharedTurns


@contextmanager
def _neighbour(does: Callable[[int], None]) -> Iterator[int]:
    """A forked process that does this with its end of a pipe; gives its number once it has written to it."""
    heard, tells = os.pipe()
    pid = os.fork()
    if not pid:
        try:
            does(tells)
        finally:
            os._exit(0)
    os.close(tells)
    assert os.read(heard, 1)
    try:
        yield pid
    finally:
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
        os.close(heard)


def _holds(turns: SharedTurns) -> Callable[[int], None]:
    def hold(tells: int) -> None:
        with turns.turn():
            os.write(tells, b"h")
            signal.pause()

    return hold


def test_as_many_at_once_as_there_are_turns() -> None:
    """Of two turns a neighbour holds one: the other is to be had at once, and is given back."""
    turns = SharedTurns(at_once=2)
    with _neighbour(_holds(turns)):
        for _ in range(3):
            with turns.turn() as had:
                assert had
    with _neighbour(_holds(turns)), _neighbour(_holds(turns)), turns.turn() as had:
        assert not had


def test_stuck_neighbour_costs_a_moment() -> None:
    """Who waits for one that never ends goes on without, after the time that is meant for it."""
    turns = SharedTurns(at_once=1, wait_s=0.05)
    with _neighbour(_holds(turns)) as stuck:
        os.kill(stuck, signal.SIGSTOP)
        begun_s = time.monotonic()
        with turns.turn() as had:
            assert not had
        assert 0.05 <= time.monotonic() - begun_s < 1.0


def test_killed_holder_gives_its_turn_back() -> None:
    """What a worker held when it was killed is free once it is gone; the kernel sees to that."""
    turns = SharedTurns(at_once=1, wait_s=0.05)
    with _neighbour(_holds(turns)) as killed:
        with turns.turn() as had:
            assert not had
        os.kill(killed, signal.SIGKILL)
        os.waitid(os.P_PID, killed, os.WEXITED | os.WNOWAIT)
        with turns.turn() as had:
            assert had
