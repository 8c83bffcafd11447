# SPDX-License-Identifier: Apache-2.0
"""Hands lines to the agent and gets their answers, over its death and return; without an agent, into the store itself.

What must always be true here: answers come in the order of the lines, one for each; a line is asked again until it is
answered.
"""

import json
import secrets
import socket
import threading
import time
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future
from itertools import islice
from pathlib import Path

from pydantic import ValidationError

from edge.agent.emission import emitted, refused, row_of
from edge.agent.timekeeper import clock_without_agent
from edge.contract.local import ANSWER, ASK, MAX_LINE_BYTES, EmitAsked, Emitted, Refused
from edge.contract.problems import Problem, ProblemError
from edge.core.clock import Clock, SystemClock
from edge.durable.database import open_store
from edge.durable.quota import Quota
from edge.durable.rows import Place
from edge.durable.store import Store
from edge.health.machine import look, read_boot_id

OPEN_LINES = 1024
"""Lines read ahead of their answers."""
_RETRY_S = 0.1
_ANSWER_WITHIN_S = 30.0
_READ_BYTES = 65536
_KEY_BYTES = 12

Reply = Emitted | Refused
Promise = Future[object]


class Unconfirmed(Exception):  # noqa: N818  (it says what the lines are)
    """Lines were read whose answer never came: how many, and the number of the first."""

    def __init__(self, count: int, line: int) -> None:
        """Remember both."""
        super().__init__(count, line)
        self.count = count
        self.line = line


class Emitter:
    """One stream of lines. `put` and `end` from one thread, `answers` from another."""

    def __init__(self, socket_path: Path, folder: Path, wait_s: float, quota: Quota | None = None) -> None:
        """Prefer the agent at `socket_path`; write into `folder` when there is none, within `quota`."""
        self._socket_path = socket_path
        self._folder = folder
        self.wait_s = wait_s
        self._quota = quota
        self._open: deque[bytes | Refused] = deque()
        self._ended = False
        self._broken = False
        self._answered = 0
        self._changed = threading.Condition()

    def put(self, line: str) -> bool:
        """Queue a line, waiting for room; false when nobody will answer any more."""
        entry = _entry(line)
        with self._changed:
            self._changed.wait_for(lambda: len(self._open) < OPEN_LINES or self._broken)
            self._open.append(entry)
            self._changed.notify_all()
            return not self._broken

    def end(self) -> None:
        """No more lines will come."""
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def answers(self) -> Iterator[Reply]:
        """Answers in the order of the lines. Raises `Unconfirmed` when nobody can be reached for `wait_s`."""
        deadline: float | None = None
        while self._wait_for_lines():
            answered = self._answered
            deadline = deadline or time.monotonic() + self.wait_s
            try:
                yield from self._through_agent()
            except OSError:
                yield from self._through_store()
            if self._answered > answered:
                deadline = None
            elif time.monotonic() >= deadline:
                with self._changed:
                    self._broken = True
                    self._changed.notify_all()
                raise Unconfirmed(len(self._open), self._answered + 1)
            else:
                time.sleep(_RETRY_S)

    def _wait_for_lines(self) -> bool:
        with self._changed:
            self._changed.wait_for(lambda: self._open or self._ended)
            return bool(self._open)

    def _take(self, reply: Reply) -> Reply:
        with self._changed:
            self._open.popleft()
            self._answered += 1
            self._changed.notify_all()
        return reply

    def _through_agent(self) -> Iterator[Reply]:
        """Until the lines end or the agent goes away (`OSError`)."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as line:
            line.settimeout(_ANSWER_WITHIN_S)
            line.connect(str(self._socket_path))
            heard = line.makefile("rb", buffering=_READ_BYTES)
            sent = 0
            while self._wait_for_lines():
                with self._changed:
                    fresh = [entry for entry in islice(self._open, sent, None) if isinstance(entry, bytes)]
                    sent = len(self._open)
                if fresh:
                    line.sendall(b"".join(fresh))
                reply = self._open[0]
                yield self._take(reply if isinstance(reply, Refused) else _heard(heard.readline()))
                sent -= 1

    def _through_store(self) -> Iterator[Reply]:
        """What is there now, straight to disk, if no agent holds the store."""
        try:
            opened = open_store(self._folder, wait_s=0.0)
        except ProblemError as failed:
            if failed.problem.code == "store-busy":
                return
            raise
        boot_id = read_boot_id()
        store = Store(opened, lambda tell: tell(), boot_id, SystemClock().now(), quota=self._quota)
        try:
            clock = clock_without_agent(store, boot_id, look())
            store.go_by(clock)
            with self._changed:
                entries = list(self._open)
            promises = [entry if isinstance(entry, Refused) else _submit(store, entry, clock) for entry in entries]
            replies = [promise if isinstance(promise, Refused) else _kept(store, promise) for promise in promises]
        finally:
            store.close()
        # Not before: whoever is slow to read must not keep a starting agent from its store.
        for reply in replies:
            yield self._take(reply)


def _entry(line: str) -> bytes | Refused:
    try:
        event = json.loads(line, parse_constant=_no_number)
        if not isinstance(event, dict):
            return _invalid("it is not a JSON object")
        event.setdefault("key", secrets.token_urlsafe(_KEY_BYTES))
        asked = EmitAsked.model_validate({"event": event})
        raw = asked.model_dump_json(exclude_none=True).encode() + b"\n"
    except ValidationError as wrong:
        first = wrong.errors(include_url=False)[0]
        return _invalid(f"{'.'.join(str(part) for part in first['loc'][1:])}: {first['msg']}")
    except ValueError as wrong:
        return _invalid(f"it is not JSON ({wrong})")
    return raw if len(raw) <= MAX_LINE_BYTES else _invalid(f"it is {len(raw)} bytes; {MAX_LINE_BYTES} is the most")


def _no_number(name: str) -> None:
    msg = f"{name} is no number of JSON"
    raise ValueError(msg)


def _invalid(reason: str) -> Refused:
    return Refused(problem=Problem(code="event-invalid", detail={"reason": reason}))


def _heard(raw: bytes) -> Reply:
    if not raw.endswith(b"\n"):
        raise ConnectionError("the agent hung up")
    reply = ANSWER.validate_json(raw)
    if not isinstance(reply, Emitted | Refused):
        raise ConnectionError("the agent answered something else")
    return reply


def _submit(store: Store, entry: bytes, clock: Clock) -> Promise | Refused:
    asked = ASK.validate_json(entry)
    assert isinstance(asked, EmitAsked)  # noqa: S101  (made by _entry)
    try:
        row = row_of(asked.event, clock.now())
    except ProblemError as failed:
        return refused(failed)
    return store.commit_from_thread(lambda txn: txn.append(row))


def _kept(store: Store, promise: Promise) -> Reply:
    try:
        place = promise.result()
    except ProblemError as failed:
        return refused(failed)
    assert isinstance(place, Place)  # noqa: S101  (what the work returns)
    return emitted(store, place)
