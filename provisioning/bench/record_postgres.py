# SPDX-License-Identifier: Apache-2.0
"""The hub's record in PostgreSQL, shared by any number of workers on any number of machines.

Every commit of one place (a device's epoch) holds that place's row until it is durable. The row gives the instant of
the ack, so that instants rise in the order of the commits, whatever the clocks of the workers say. Events are inserted
before that row is taken, and rows of every kind are taken in sorted order, so that workers seldom wait for each other
and never in a circle.
"""

import json
from collections.abc import Iterable
from datetime import datetime
from itertools import count
from pathlib import Path
from typing import Any, Final

import asyncpg
from pydantic_core import to_json

from edge.contract.envelope import event_source
from edge.contract.words import Lane
from provisioning.bench.blob_files import BlobFiles, Growth
from provisioning.bench.ledger import Span, Spans
from provisioning.bench.postgres_line import Answer, PostgresLine, Work
from provisioning.bench.posting import (
    HEAD_BYTES,
    REFUSED_KEPT,
    STEP_BACK,
    LaneKey,
    Place,
    Posting,
    Refusal,
    Said,
    Standing,
    StoreAwayError,
    here_before,
    named_blobs,
)
from provisioning.bench.record_postgres_schema import LOCK, SCHEMA
from provisioning.bench.record_rows import Row

_NEW_LANES: Final = """
INSERT INTO lane_rows (source, epoch, lane)
SELECT * FROM unnest($1::text[], $2::text[], $3::text[]) ORDER BY 1, 2, 3
ON CONFLICT DO NOTHING"""
_LANE_NUMBERS: Final = """
SELECT lane_no, source, epoch, lane FROM lane_rows
JOIN unnest($1::text[], $2::text[], $3::text[]) AS asked (source, epoch, lane) USING (source, epoch, lane)"""
_EVENTS: Final = """
WITH fresh AS (
    INSERT INTO event_rows (lane_no, seq, type, subject, time, clock, data)
    SELECT * FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[])
    ON CONFLICT (lane_no, seq) DO NOTHING RETURNING lane_no
) SELECT lane_no, count(*) AS stored FROM fresh GROUP BY lane_no"""
_HOLD_PLACES: Final = """
INSERT INTO places AS place (source, epoch, said_at)
SELECT source, epoch, clock_timestamp() FROM unnest($1::text[], $2::text[]) AS asked (source, epoch) ORDER BY 1, 2
ON CONFLICT (source, epoch) DO UPDATE SET said_at = CASE
    WHEN clock_timestamp() > place.said_at OR clock_timestamp() < place.said_at - $3::interval THEN clock_timestamp()
    ELSE place.said_at + interval '1 microsecond' END
RETURNING source, epoch, said_at"""
_LANES: Final = """
UPDATE lane_rows AS kept SET missing = kept.missing - came.taken,
    stored = kept.stored + coalesce(told.stored, 0), duplicates = kept.duplicates + coalesce(told.duplicates, 0)
FROM (
    SELECT lane_no, range_agg(int8range(first, last, '[]')) AS taken
    FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) AS span (lane_no, first, last) GROUP BY lane_no
) AS came
LEFT JOIN unnest($4::bigint[], $5::bigint[], $6::bigint[]) AS told (lane_no, stored, duplicates) USING (lane_no)
WHERE kept.lane_no = came.lane_no"""
_ACKS: Final = """
SELECT source, epoch, lane, watermark FROM lane_rows
JOIN unnest($1::text[], $2::text[]) AS asked (source, epoch) USING (source, epoch)"""
_WHOLE: Final = "SELECT sha256 FROM blobs WHERE sha256 = ANY($1::text[]) AND verified_at IS NOT NULL"
_HOLD_BLOB: Final = """
INSERT INTO blobs (sha256, total, spans) VALUES ($1, $2, '[]')
ON CONFLICT (sha256) DO UPDATE SET total = blobs.total RETURNING total, spans, verified_at"""
_BLOB: Final = """
UPDATE blobs SET spans = $2, verified_at = CASE WHEN $3::boolean THEN now() END WHERE sha256 = $1"""
_PRESENCE: Final = """
INSERT INTO presence SELECT *, now() FROM unnest($1::text[], $2::boolean[], $3::text[]) ORDER BY 1
ON CONFLICT (device) DO UPDATE
SET online = excluded.online, payload = excluded.payload, received_at = excluded.received_at"""
_REPORTED: Final = """
INSERT INTO reported SELECT *, now() FROM unnest($1::text[], $2::text[]) ORDER BY 1
ON CONFLICT (device) DO UPDATE SET payload = excluded.payload, received_at = excluded.received_at"""
_FORGET_REFUSED: Final = """
DELETE FROM refused WHERE arrival IN (
    SELECT arrival FROM refused WHERE arrival <= (SELECT max(arrival) FROM refused) - $1 FOR UPDATE SKIP LOCKED)"""
_STANDING: Final = """
SELECT device, epoch, lane, watermark, missing FROM lane_rows
JOIN presence ON source = '/devices/' || device WHERE holed AND online"""
_GAPS: Final = """
SELECT coalesce(sum(upper(hole) - lower(hole)), 0) FROM lane_rows, unnest(missing) AS hole
WHERE holed AND NOT upper_inf(hole)"""


class PostgresStore:
    """The record at one address, with the files of its blobs in a folder that all workers see."""

    def __init__(self, address: str, folder: Path) -> None:
        """Prepare; the first question connects, and makes the tables where there are none."""
        self._line = PostgresLine(address, self._began)
        self._files = BlobFiles(folder)
        self._numbers: dict[LaneKey, int] = {}

    def commit(self, posting: Posting) -> list[Said]:
        """See `Store`."""
        return self._line.ask(lambda db: self._commit(db, posting))

    def standing(self) -> Iterable[Standing]:
        """See `Store`."""
        return [
            Standing((row["device"], row["epoch"], Lane(row["lane"])), row["watermark"], _holes(row["missing"]))
            for row in self._line.ask(lambda db: db.fetch(_STANDING))
        ]

    def devices(self) -> list[str]:
        """See `Store`."""
        query = "SELECT substr(source, 10) AS device FROM lane_rows UNION SELECT device FROM presence"
        return [row["device"] for row in self._line.ask(lambda db: db.fetch(query))]

    def close(self) -> None:
        """See `Store`."""
        self._line.close()

    async def _began(self, db: asyncpg.Connection) -> None:
        self._numbers.clear()  # of a record that may have been restored from a backup meanwhile
        if await db.fetchval("SELECT to_regclass('events')") is not None:
            return
        async with db.transaction():
            await db.execute(f"SELECT pg_advisory_xact_lock({LOCK})")
            await db.execute(SCHEMA)

    async def _commit(self, db: asyncpg.Connection, posting: Posting) -> list[Said]:
        touched = posting.settled()
        await self._number(db, [key for key in touched if key not in self._numbers])
        places = posting.places()
        async with db.transaction():
            stored = await self._events(db, posting)
            at = await _hold(db, places)
            await self._take(db, posting, touched, stored)
            here = here_before(posting, await _whole(db, posting))
            refused = [*posting.refused, *await self._grow(db, posting)]
            await _notes(db, posting)
            await _words(db, posting)
            await _refuse(db, refused)
            acks = await _acks(db, places)
        return [
            Said(place, acks[place], at[place], frozenset(here.get(place, ()))) for place in places if place in acks
        ]

    async def _number(self, db: asyncpg.Connection, unknown: list[LaneKey]) -> None:
        """Outside of the transaction: a lane without rows harms nobody, one that nobody else can see would."""
        if not unknown:
            return
        columns = _columns([(event_source(device), epoch, lane.value) for device, epoch, lane in unknown], 3)
        await db.execute(_NEW_LANES, *columns)
        for row in await db.fetch(_LANE_NUMBERS, *columns):
            self._numbers[_device(row["source"]), row["epoch"], Lane(row["lane"])] = row["lane_no"]

    async def _events(self, db: asyncpg.Connection, posting: Posting) -> dict[int, int]:
        values = [
            (
                number,
                sequence,
                row["type"],
                _clean(row.get("subject")),
                _clean(row["time"]),
                row["clock"],
                to_json(row["data"], inf_nan_mode="strings").decode(),
            )
            for batch in sorted(posting.batches, key=lambda each: (each.key, each.sequences[0]))
            for number in (self._numbers[batch.key],)
            for row, sequence in zip(batch.rows, batch.sequences, strict=True)
        ]
        if not values:
            return {}
        return {row["lane_no"]: row["stored"] for row in await db.fetch(_EVENTS, *_columns(values, 7))}

    async def _take(
        self, db: asyncpg.Connection, posting: Posting, touched: dict[LaneKey, list[Span]], stored: dict[int, int]
    ) -> None:
        if not touched:
            return
        spans = [(self._numbers[key], first, last) for key, taken in touched.items() for first, last in taken]
        came: dict[int, int] = {}
        for batch in posting.batches:
            number = self._numbers[batch.key]
            came[number] = came.get(number, 0) + len(batch.rows)
        counts = [(number, stored.get(number, 0), rows - stored.get(number, 0)) for number, rows in came.items()]
        done = await db.execute(_LANES, *_columns(spans, 3), *_columns(counts, 3))
        if done != f"UPDATE {len(touched)}":
            self._numbers.clear()
            raise StoreAwayError("PostgreSQL: lanes are gone that were there before")

    async def _grow(self, db: asyncpg.Connection, posting: Posting) -> list[Refusal]:
        refused = []
        for sha256, pieces in posting.by_blob().items():
            row = await db.fetchrow(_HOLD_BLOB, sha256, pieces[0].total)
            if row["verified_at"] is not None:
                continue
            known = Growth(row["total"], Spans(json.loads(row["spans"])))
            refused += [Refusal(*wrong) for wrong in self._files.grow(sha256, known, pieces)]
            if known.broken:
                await db.execute("DELETE FROM blobs WHERE sha256 = $1", sha256)
            else:
                await db.execute(_BLOB, sha256, json.dumps(list(known.spans)), known.whole)
        return refused


class PostgresReader:
    """The record at one address, read beside the workers that write it."""

    def __init__(self, address: str) -> None:
        """The first question connects."""
        self._line = PostgresLine(address)

    def rows(self, query: str, *values: str | int) -> list[Row]:
        """See `Reader`."""
        number = count(1)
        parts = query.split("?")
        numbered = "".join(f"{part}${next(number)}" for part in parts[:-1]) + parts[-1]
        return [_plain(row) for row in self._ask(lambda db: db.fetch(numbered, *values))]

    def gaps(self) -> int:
        """See `Reader`."""
        return int(self._ask(lambda db: db.fetchval(_GAPS)))

    def close(self) -> None:
        """See `Reader`."""
        self._line.close()

    def _ask(self, work: Work[Answer]) -> Answer:
        try:
            return self._line.ask(work)
        except StoreAwayError:
            return self._line.ask(work)  # the server may have been started anew since the last look


async def _hold(db: asyncpg.Connection, places: list[Place]) -> dict[Place, datetime]:
    """Take the places' rows, and with them the instants at which this commit speaks."""
    columns = _columns([(event_source(device), epoch) for device, epoch in places], 2)
    rows = await db.fetch(_HOLD_PLACES, *columns, STEP_BACK)
    return {(_device(row["source"]), row["epoch"]): row["said_at"] for row in rows}


async def _acks(db: asyncpg.Connection, places: list[Place]) -> dict[Place, dict[Lane, int]]:
    columns = _columns([(event_source(device), epoch) for device, epoch in places], 2)
    acks: dict[Place, dict[Lane, int]] = {}
    for row in await db.fetch(_ACKS, *columns):
        acks.setdefault((_device(row["source"]), row["epoch"]), {})[Lane(row["lane"])] = row["watermark"]
    return acks


async def _whole(db: asyncpg.Connection, posting: Posting) -> set[str]:
    asked = {sha256 for _, sha256 in named_blobs(posting)}
    return {row["sha256"] for row in await db.fetch(_WHOLE, list(asked))} if asked else set()


async def _notes(db: asyncpg.Connection, posting: Posting) -> None:
    if posting.sheds:
        values = [
            (event_source(note.place[0]), note.id, note.place[1], shed.lane.value, shed.from_, shed.to, shed.reason)
            for note in posting.sheds
            for shed in (note.shed,)
        ]
        await db.executemany("INSERT INTO shed VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT DO NOTHING", values)
    if posting.refs:
        refs = [
            (event_source(note.place[0]), note.id, note.ref.sha256, note.ref.size, _clean(note.ref.media_type))
            for note in posting.refs
        ]
        await db.executemany("INSERT INTO refs VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING", refs)


async def _words(db: asyncpg.Connection, posting: Posting) -> None:
    if posting.presence:
        here = [(device, said.online, said.model_dump_json()) for device, said in posting.presence.items()]
        await db.execute(_PRESENCE, *_columns(here, 3))
    if posting.reported:
        told = [(device, said.model_dump_json()) for device, said in posting.reported.items()]
        await db.execute(_REPORTED, *_columns(told, 2))


async def _refuse(db: asyncpg.Connection, refused: list[Refusal]) -> None:
    if not refused:
        return
    values = [(_clean(one.where), _clean(one.reason[:HEAD_BYTES]), one.head[:HEAD_BYTES]) for one in refused]
    await db.executemany("INSERT INTO refused (topic, reason, head) VALUES ($1, $2, $3)", values)
    await db.execute(_FORGET_REFUSED, REFUSED_KEPT)


def _columns(rows: list[tuple[Any, ...]], width: int) -> list[list[Any]]:
    """Rows turned over: one array for each column, which is how many rows go into one statement."""
    return [list(column) for column in zip(*rows, strict=True)] if rows else [[] for _ in range(width)]


def _clean(text: str | None) -> str | None:
    """PostgreSQL's text holds every character but this one."""
    return None if text is None else text.replace("\0", "\ufffd")


def _device(source: str) -> str:
    return source.removeprefix("/devices/")


def _holes(missing: list[asyncpg.Range]) -> list[Span]:
    return [(hole.lower, hole.upper - 1) for hole in missing if hole.upper is not None]


def _plain(row: asyncpg.Record) -> Row:
    return {
        name: value.isoformat(timespec="microseconds") if isinstance(value, datetime) else value
        for name, value in row.items()
    }
