# SPDX-License-Identifier: Apache-2.0
"""The shape of the store and how an older one becomes the newest. Run as a program, in a process of its own.

sqlite-utils keeps the books of what was applied. It costs 4 to 15 MB of memory that an agent would carry for months
for the sake of one second at its first start, so the agent starts this module instead (docs/decisions/0005).
"""

import sys

from sqlite_utils import Database, Migrations

MIGRATIONS = Migrations("dongtou-edge")


_FIRST_STORE = """
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE boots (
  boot INTEGER PRIMARY KEY, boot_id TEXT NOT NULL, wall_us INTEGER NOT NULL, uptime_ms INTEGER NOT NULL,
  clock TEXT NOT NULL
) STRICT;
CREATE TABLE lanes (
  lane INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, last_seq INTEGER NOT NULL DEFAULT 0,
  acked_seq INTEGER NOT NULL DEFAULT 0, rows INTEGER NOT NULL DEFAULT 0, bytes INTEGER NOT NULL DEFAULT 0,
  shed_rows INTEGER NOT NULL DEFAULT 0, shed_bytes INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE outbox (
  place INTEGER PRIMARY KEY, time_us INTEGER NOT NULL, uptime_ms INTEGER NOT NULL, clock TEXT NOT NULL,
  boot INTEGER NOT NULL, body BLOB NOT NULL
) STRICT;
CREATE VIEW outbox_rows AS
  SELECT lanes.name AS lane, place & 0xFFFFFFFFFFFF AS seq, datetime(time_us / 1000000, 'unixepoch') AS time, clock,
    boot, iif(lanes.name = 'blob', '', '{') || CAST(body AS TEXT) AS event
  FROM outbox JOIN lanes ON lanes.lane = place >> 48;
CREATE TABLE emit_keys (key TEXT PRIMARY KEY, place INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE INDEX emit_keys_by_place ON emit_keys (place);
CREATE TABLE role_states (role TEXT PRIMARY KEY, state BLOB NOT NULL, at_us INTEGER NOT NULL) STRICT;
CREATE TABLE commands (
  jti TEXT PRIMARY KEY, claims BLOB NOT NULL, status TEXT NOT NULL, result BLOB, expires_s INTEGER NOT NULL,
  at_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE blobs (
  sha256 TEXT PRIMARY KEY, size INTEGER NOT NULL, media_type TEXT NOT NULL, first_seq INTEGER NOT NULL,
  last_seq INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE kept_pictures (keeper TEXT NOT NULL, sha256 TEXT NOT NULL, PRIMARY KEY (keeper, sha256))
  STRICT, WITHOUT ROWID;
CREATE INDEX kept_pictures_by_sha256 ON kept_pictures (sha256);
CREATE INDEX blobs_by_last_seq ON blobs (last_seq);
INSERT INTO lanes (lane, name) VALUES (1, 'urgent'), (2, 'record'), (3, 'state'), (4, 'blob'), (5, 'metric');
INSERT INTO meta (key, value) VALUES ('epoch', lower(hex(randomblob(6)))), ('boot', '0'), ('hub_time_us', '0');
PRAGMA user_version = 1
"""


@MIGRATIONS()
def m001_first_store(db: Database) -> None:
    """Outbox, lane accounts, emit keys, role states, command journal, blobs, boots."""
    for statement in _FIRST_STORE.split(";\n"):
        db.execute(statement)


_GAPS_AND_OFFSETS = """
CREATE TABLE gaps (
  lane INTEGER NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL, bytes INTEGER NOT NULL, reason TEXT NOT NULL,
  told INTEGER NOT NULL, PRIMARY KEY (lane, first)
) STRICT, WITHOUT ROWID;
ALTER TABLE boots ADD COLUMN offset_us INTEGER;
PRAGMA user_version = 2
"""
"""`gaps`: ranges that were given up and lie beyond what the hub has acknowledged; `told` is the sequence of the row of
lane record that tells of them. `offset_us`: what the right time was ahead of uptime in that boot, once known."""


@MIGRATIONS()
def m002_gaps_and_offsets(db: Database) -> None:
    """Shed ranges that a restored hub must be told again, and what repairs the times of a boot without a clock."""
    for statement in _GAPS_AND_OFFSETS.split(";\n"):
        db.execute(statement)


_NAMED_BLOBS = """
ALTER TABLE blobs ADD COLUMN urgent_seq INTEGER NOT NULL DEFAULT 0;
ALTER TABLE blobs ADD COLUMN record_seq INTEGER NOT NULL DEFAULT 0;
UPDATE blobs SET record_seq = (SELECT last_seq FROM lanes WHERE name = 'record');
PRAGMA user_version = 3
"""
"""The last row of each of these lanes that names the blob. Of blobs from before nobody knows: the last row protects."""


@MIGRATIONS()
def m003_named_blobs(db: Database) -> None:
    """Which pictures belong to cases that are still on the device."""
    for statement in _NAMED_BLOBS.split(";\n"):
        db.execute(statement)


def migrate(path: str) -> None:
    """Bring the store at `path` to the newest shape, creating it if need be, in WAL mode."""
    db = Database(path)
    db.execute("PRAGMA auto_vacuum = INCREMENTAL")
    db.execute("PRAGMA application_id = 0x44544547")
    # To the answer's end: that is where a disk's error shows. Without the log a power cut may undo the last commit that
    # was told as done.
    if db.execute("PRAGMA journal_mode = WAL").fetchall() != [("wal",)]:
        raise SystemExit(f"{path} cannot have a write-ahead log")
    db.execute("PRAGMA synchronous = FULL")
    MIGRATIONS.apply(db)
    db.close()


if __name__ == "__main__":
    migrate(sys.argv[1])
