# SPDX-License-Identifier: Apache-2.0
"""Turns at inferring, taken by real processes: no more at once than there are, and none lost with who is killed."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from edge.vision.turns import SharedTurns, turn


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
        with turn(turns):
            os.write(tells, b"h")
            signal.pause()

    return hold


def test_as_many_at_once_as_there_are_turns() -> None:
    """Of two turns a neighbour holds one: the other is to be had at once and given back, while a third is not."""
    turns = SharedTurns(at_once=2)
    with _neighbour(_holds(turns)):
        for _ in range(3):
            assert turns.take()
            turns.give_back()
        with turn(turns):
            assert turns.take()
    with _neighbour(_holds(turns)), _neighbour(_holds(turns)):
        assert not turns.take()


def test_turn_is_kept_until_it_is_given_back() -> None:
    """Who has a turn may ask for it again and keeps it; once it is given back it is there for others."""
    turns = SharedTurns(at_once=1)

    def asks_again(tells: int, *, gives_back: bool) -> None:
        asked = (turns.take(), turns.take())
        if gives_back:
            turns.give_back()
        os.write(tells, b"h" if all(asked) else b"")
        signal.pause()

    with _neighbour(partial(asks_again, gives_back=False)):
        assert not turns.take()
    with _neighbour(partial(asks_again, gives_back=True)):
        assert turns.take()


def test_stuck_neighbour_costs_a_moment() -> None:
    """Who waits for one that never ends goes on without, and the next time as well."""
    turns = SharedTurns(at_once=1, patience_s=0.05)
    with _neighbour(_holds(turns)) as stuck:
        os.kill(stuck, signal.SIGSTOP)
        for _ in range(2):
            assert not turns.take()
            with turn(turns):
                assert turns.take()


def test_killed_holder_gives_its_turn_back() -> None:
    """What a worker held when it was killed is free once it is gone; the kernel sees to that."""
    turns = SharedTurns(at_once=1)
    with _neighbour(_holds(turns)) as killed:
        assert not turns.take()
        os.kill(killed, signal.SIGKILL)
        os.waitid(os.P_PID, killed, os.WEXITED | os.WNOWAIT)
        assert turns.take()
