# SPDX-License-Identifier: Apache-2.0
"""A store for each worker of a test, on a thread of its own as in a process of its own."""

import os
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import count
from pathlib import Path
from typing import Final

import pytest

from provisioning.bench.postgres import NEEDED, Postgres
from provisioning.bench.postgres_line import PostgresLine
from provisioning.bench.posting import Posting, Said, Store
from provisioning.bench.record_place import open_store

WITHOUT_POSTGRES: Final = f"no PostgreSQL here: {NEEDED}"
_numbers = count(1)


def new_database(server: Postgres | None) -> str:
    """The address of an empty database."""
    if server is None:
        pytest.skip(WITHOUT_POSTGRES)
    name = f"t{os.getpid()}_{next(_numbers)}"
    line = PostgresLine(server.address())
    line.ask(lambda db: db.execute(f"CREATE DATABASE {name}"))
    line.close()
    return server.address(name)


class Workers:
    """Stores of several workers on one record."""

    def __init__(self, place: str, folder: Path, workers: int) -> None:
        self._threads = [ThreadPoolExecutor(1) for _ in range(workers)]
        opening = [
            thread.submit(open_store, place, folder, worker, workers) for worker, thread in enumerate(self._threads)
        ]
        self._stores: list[Store] = [each.result() for each in opening]

    def commit(self, worker: int, posting: Posting) -> "Future[list[Said]]":
        return self._threads[worker].submit(self._stores[worker].commit, posting)

    def ask(self, worker: int, question: Callable[[Store], object]) -> object:
        return self._threads[worker].submit(question, self._stores[worker]).result()

    def close(self) -> None:
        for thread, store in zip(self._threads, self._stores, strict=True):
            thread.submit(store.close).result()
            thread.shutdown()
