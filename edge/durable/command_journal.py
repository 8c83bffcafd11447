# SPDX-License-Identifier: Apache-2.0
"""Commands seen, begun and done: what makes a repeat harmless and a reboot survivable."""

import sqlite3
from dataclasses import dataclass

from edge.durable.transaction import Transaction


@dataclass(frozen=True, slots=True)
class Entry:
    """One command: its claims and, once it came to an end, its result, both JSON."""

    jti: str
    claims: bytes
    status: str
    result: bytes | None


def find(db: sqlite3.Connection, jti: str) -> Entry | None:
    """The command of that id."""
    found = db.execute("SELECT jti, claims, status, result FROM commands WHERE jti = ?", (jti,)).fetchone()
    return Entry(*found) if found else None


def unfinished(db: sqlite3.Connection) -> list[Entry]:
    """Commands that were accepted and have no result yet, oldest first."""
    rows = db.execute("SELECT jti, claims, status, result FROM commands WHERE result IS NULL ORDER BY at_us")
    return [Entry(*row) for row in rows]


def begin(txn: Transaction, jti: str, claims: bytes, expires_s: int, at_us: int) -> None:
    """Write a command down before anything is done about it."""
    txn.db.execute("INSERT INTO commands VALUES (?, ?, 'accepted', NULL, ?, ?)", (jti, claims, expires_s, at_us))


def finish(txn: Transaction, jti: str, status: str, result: bytes) -> None:
    """Write down what came of it."""
    txn.db.execute("UPDATE commands SET status = ?, result = ? WHERE jti = ?", (status, result, jti))


def forget_expired(txn: Transaction, before_s: int) -> None:
    """Drop commands whose repeat would be refused as expired anyway."""
    txn.db.execute("DELETE FROM commands WHERE expires_s < ? AND result IS NOT NULL", (before_s,))
