# SPDX-License-Identifier: Apache-2.0
"""Port: the outbox as the courier sees it. `durable` keeps one on disk; simulated devices may keep theirs in memory."""

import asyncio
from collections.abc import Generator
from typing import Protocol

from edge.contract.words import Lane
from edge.durable.blobs import BlobStore
from edge.durable.rows import LaneAccount, Row
from edge.durable.writer import Work


class Rows(Protocol):
    """What batches are made of: rows in lanes and the files that some stand for. Nothing is changed through it."""

    @property
    def epoch(self) -> str:
        """Names this outbox for ever."""
        ...

    @property
    def blobs(self) -> BlobStore:
        """The files that rows of lane blob stand for."""
        ...

    def rows(self, lane: Lane, after: int, limit: int) -> Generator[Row, None, None]:
        """Committed rows of a lane behind `after`, in order, read as they are taken: close it when done early."""
        ...


class Outbox(Rows, Protocol):
    """The same, and changed only through work that is done inside a commit."""

    @property
    def accounts(self) -> dict[Lane, LaneAccount]:
        """Lane totals as of the last commit."""
        ...

    def commit_soon(self, work: Work, *, frees: bool = False, patient: bool = False) -> "asyncio.Future[object]":
        """Do `work` in a commit. `frees` is said of work that makes room, `patient` of work that nobody waits for."""
        ...
