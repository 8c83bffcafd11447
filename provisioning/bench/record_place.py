# SPDX-License-Identifier: Apache-2.0
"""Where a hub keeps its record: in its folder, or in the PostgreSQL that the folder names."""

from pathlib import Path
from typing import Final

from provisioning.bench.posting import Store
from provisioning.bench.record_rows import Reader
from provisioning.bench.record_sqlite import SqliteReader, SqliteStore

SQLITE: Final = "sqlite"
_PLACE: Final = "hub.store"
"""A file in the hub's folder with the address of its PostgreSQL; without it the record is in the folder itself."""


def open_store(place: str, folder: Path, worker: int, workers: int) -> Store:
    """The record at `place` (`sqlite`, or an address) for one of `workers`, and a note of the place for readers."""
    note = folder / _PLACE
    if place == SQLITE:
        store = SqliteStore(folder, worker, workers)
        note.unlink(missing_ok=True)
        return store
    from provisioning.bench.record_postgres import PostgresStore  # noqa: PLC0415  asyncpg only where it is needed

    note.write_text(f"{place}\n", "utf-8")
    return PostgresStore(place, folder)


def open_reader(folder: Path) -> Reader:
    """Read the record of the hub in `folder`, wherever it is."""
    note = folder / _PLACE
    if not note.exists():
        return SqliteReader(folder)
    from provisioning.bench.record_postgres import PostgresReader  # noqa: PLC0415  asyncpg only where it is needed

    return PostgresReader(note.read_text("utf-8").strip())
