# SPDX-License-Identifier: Apache-2.0
"""Starts of the agent, and what right time was ahead of uptime then, which dates rows written without a clock.

Several starts share a kernel boot, and with it one count of uptime and one offset.
"""

import json
import sqlite3
from pathlib import Path

from edge.contract.words import Lane
from edge.core.clock import Now
from edge.durable.ballast import Ballast
from edge.durable.database import connect, problem_of
from edge.durable.transaction import Transaction

KEPT = 10_000
"""So many starts are remembered. A device that starts anew each minute must not fill its disk with that."""
_HEADS = "boot_heads"


def begin(path: Path, ballast: Ballast, boot_id: str, now: Now) -> tuple[sqlite3.Connection, int]:
    """The connection that reads, after it has written down once that somebody started."""
    db = connect(path)
    try:
        try:
            boot = _register(db, boot_id, now)
        except sqlite3.Error as failed:
            if problem_of(path, failed).problem.code != "disk-full" or not ballast.give_up():
                raise
            boot = _register(db, boot_id, now)
        db.execute("PRAGMA query_only = 1")
    except BaseException:
        db.close()
        raise
    return db, boot


def offset_us(db: sqlite3.Connection, boot: int) -> int | None:
    """What was learnt of that start."""
    found = db.execute("SELECT offset_us FROM boots WHERE boot = ?", (boot,)).fetchone()
    return found[0] if found else None


def first_start(db: sqlite3.Connection, boot_id: str) -> int:
    """The first start in that kernel boot; a kernel boot's starts follow each other."""
    found = db.execute("SELECT coalesce(min(boot), 0) FROM boots WHERE boot_id = ?", (boot_id,)).fetchone()
    return int(found[0])


def set_offset(txn: Transaction, boot_id: str, offset_us: int) -> None:
    """What right time is ahead of uptime in that kernel boot."""
    txn.db.execute("UPDATE boots SET offset_us = ? WHERE boot_id = ?", (offset_us, boot_id))


def written_in(txn: Transaction, boot_id: str) -> list[tuple[Lane, int, int]]:
    """Lane, first and last sequence of what was written in that kernel boot, if it is this one."""
    (heads,) = txn.db.execute("SELECT value FROM meta WHERE key = ?", (_HEADS,)).fetchone() or ("{}",)
    known = json.loads(heads)
    if known.get("boot_id") != boot_id:
        return []
    spans = [(lane, known["heads"].get(lane.value, 0) + 1, account.last_seq) for lane, account in txn.accounts.items()]
    return [span for span in spans if span[1] <= span[2]]


def _register(db: sqlite3.Connection, boot_id: str, now: Now) -> int:
    db.execute("BEGIN IMMEDIATE")
    try:
        ((value,),) = db.execute("SELECT value FROM meta WHERE key = 'boot'").fetchall() or [("0",)]
        boot = int(value) + 1
        db.execute("UPDATE meta SET value = ? WHERE key = 'boot'", (str(boot),))
        _remember_heads(db, boot_id)
        # A kernel boot has one offset, so who starts within it inherits what an earlier agent learnt.
        db.execute(
            "INSERT INTO boots (boot, boot_id, wall_us, uptime_ms, clock, offset_us) VALUES (?, ?, ?, ?, ?,"
            " (SELECT offset_us FROM boots WHERE boot_id = ? ORDER BY boot DESC LIMIT 1))",
            (boot, boot_id, now.wall_us, now.uptime_ms, now.quality.value, boot_id),
        )
        db.execute("DELETE FROM boots WHERE boot <= ?", (boot - KEPT,))
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise
    return boot


def _remember_heads(db: sqlite3.Connection, boot_id: str) -> None:
    """Where the lanes stood when the machine came up: rows behind that are told by range, also once they are gone."""
    (last,) = db.execute("SELECT boot_id FROM boots ORDER BY boot DESC LIMIT 1").fetchone() or ("",)
    if last == boot_id:
        return
    heads = dict(db.execute("SELECT name, last_seq FROM lanes").fetchall())
    db.execute(
        "INSERT INTO meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        (_HEADS, json.dumps({"boot_id": boot_id, "heads": heads})),
    )
