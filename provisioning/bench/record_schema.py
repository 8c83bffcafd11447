# SPDX-License-Identifier: Apache-2.0
"""The hub's record in one SQLite file."""

import sqlite3
from pathlib import Path
from typing import Final

from edge.contract.evidence import CASE_TYPE
from provisioning.bench.record_shown import SHOWN

FILE: Final = "hub.db"
BUSY_WAIT_S: Final = 10.0

HOLED: Final = "(json_array_length(spans) > 1 OR spans ->> '$[0][0]' > 1)"
"""Of a lane: something is missing below its highest sequence. The same words in index and query, else it is no use."""

_SCHEMA: Final = f"""
CREATE TABLE IF NOT EXISTS events (
    arrival INTEGER PRIMARY KEY,
    source TEXT NOT NULL, id TEXT NOT NULL, epoch TEXT NOT NULL, lane TEXT NOT NULL, seq INTEGER NOT NULL,
    type TEXT NOT NULL, subject TEXT, time TEXT NOT NULL, clock TEXT NOT NULL, received_at TEXT NOT NULL,
    data TEXT NOT NULL,
    UNIQUE (source, id)
) STRICT;
CREATE INDEX IF NOT EXISTS cases ON events (arrival) WHERE type = '{CASE_TYPE}';
CREATE INDEX IF NOT EXISTS shown ON events (type, arrival) WHERE {SHOWN};
CREATE TABLE IF NOT EXISTS lanes (
    source TEXT NOT NULL, epoch TEXT NOT NULL, lane TEXT NOT NULL,
    watermark INTEGER NOT NULL, spans TEXT NOT NULL, stored INTEGER NOT NULL, duplicates INTEGER NOT NULL,
    PRIMARY KEY (source, epoch, lane)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS holed ON lanes (source) WHERE {HOLED};
CREATE TABLE IF NOT EXISTS shed (
    source TEXT NOT NULL, id TEXT NOT NULL, epoch TEXT NOT NULL, lane TEXT NOT NULL,
    first INTEGER NOT NULL, last INTEGER NOT NULL, reason TEXT NOT NULL,
    PRIMARY KEY (source, id)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS blobs (
    sha256 TEXT PRIMARY KEY, total INTEGER NOT NULL, spans TEXT NOT NULL, verified_at TEXT
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS refs (
    source TEXT NOT NULL, id TEXT NOT NULL, sha256 TEXT NOT NULL, size INTEGER NOT NULL, media_type TEXT NOT NULL,
    PRIMARY KEY (source, id, sha256)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS refs_by_blob ON refs (sha256);
CREATE TABLE IF NOT EXISTS presence (
    device TEXT PRIMARY KEY, online INTEGER NOT NULL, payload TEXT NOT NULL, received_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS reported (
    device TEXT PRIMARY KEY, payload TEXT NOT NULL, received_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS refused (
    arrival INTEGER PRIMARY KEY,
    topic TEXT NOT NULL, reason TEXT NOT NULL, head BLOB NOT NULL, received_at TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS said (one INTEGER PRIMARY KEY CHECK (one = 1), at TEXT NOT NULL) STRICT;
"""


def open_to_write(folder: Path) -> sqlite3.Connection:
    """The record of `folder`, made if there is none. What is committed survives a power cut."""
    folder.mkdir(parents=True, exist_ok=True)
    db = sqlite3.connect(folder / FILE, timeout=BUSY_WAIT_S, isolation_level=None)
    db.execute("PRAGMA journal_mode=WAL")
    db.execute("PRAGMA synchronous=FULL")
    db.executescript(_SCHEMA)
    return db


def open_to_read(folder: Path) -> sqlite3.Connection:
    """The record of `folder` beside the hub that writes it; the connection may serve several threads in turn."""
    db = sqlite3.connect(folder / FILE, timeout=BUSY_WAIT_S, isolation_level=None, check_same_thread=False)
    db.row_factory = sqlite3.Row
    db.execute("PRAGMA query_only=ON")
    return db
