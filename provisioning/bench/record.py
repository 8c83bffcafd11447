# SPDX-License-Identifier: Apache-2.0
"""What the hub has, read from its own rows: the numbers that promises are measured by."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from edge.contract.envelope import event_source
from edge.contract.evidence import CASE_TYPE
from edge.contract.words import Lane
from provisioning.bench.blob_files import BLOBS
from provisioning.bench.ledger import Spans
from provisioning.bench.record_place import open_reader
from provisioning.bench.record_rows import CaseRow, DeviceRow, LaneCount, Picture, Row
from provisioning.bench.record_shown import SHOWN


class Record:
    """A reader beside the running hub; ask it as often as you like."""

    def __init__(self, folder: Path) -> None:
        """Read the record in `folder`, which a hub has made."""
        self._folder = folder
        self._reader = open_reader(folder)

    def close(self) -> None:
        """Let go of the record."""
        self._reader.close()

    def lanes(self) -> list[LaneCount]:
        """Every lane, counted from the rows themselves and not from the hub's own ledger."""
        rows = self._reader.rows(
            "SELECT lanes.source, lanes.epoch, lanes.lane, duplicates, COUNT(DISTINCT seq) AS received, MAX(seq) AS top"
            " FROM lanes LEFT JOIN events USING (source, epoch, lane)"
            " GROUP BY lanes.source, lanes.epoch, lanes.lane, duplicates"
        )
        return [self._lane(row) for row in rows]

    def expected(self) -> int:
        """Highest sequence of each lane and epoch, summed, less what was told as shed."""
        return sum(lane.expected for lane in self.lanes())

    def received(self) -> int:
        """Events that are here, each counted once."""
        return sum(lane.received for lane in self.lanes())

    def lost(self) -> int:
        """Events that should be here and are not."""
        return sum(lane.lost for lane in self.lanes())

    def duplicates_seen(self) -> int:
        """Events that came again and were passed over."""
        return self._number("SELECT COALESCE(SUM(duplicates), 0) FROM lanes")

    def duplicated(self) -> int:
        """Effects that are here twice: one identity in two rows, one fact under two identities, one case told twice."""
        return (
            self._number("SELECT COUNT(*) - COUNT(DISTINCT source || ' ' || id) FROM events")
            + self._number(
                "SELECT COALESCE(SUM(n - 1), 0) AS number FROM (SELECT COUNT(*) AS n FROM events"
                " WHERE lane <> 'blob' AND type <> ? GROUP BY source, type, subject, time, data) AS facts",
                CASE_TYPE,
            )
            + self._cases_told_twice()
        )

    def received_of(self, device: str, epoch: str, last: Mapping[Lane, int]) -> int:
        """How many of the sequences 1…last of each lane are here, or were told as already acked."""
        source = event_source(device)
        return sum(self._covered(source, epoch, lane, top) for lane, top in last.items())

    def blobs_expected(self) -> int:
        """Blobs that events refer to."""
        return self._number("SELECT COUNT(DISTINCT sha256) FROM refs")

    def blobs_verified(self) -> int:
        """Those of them that are here whole with the right hash, and of the size that was said."""
        return self._number(
            "SELECT COUNT(DISTINCT sha256) FROM refs JOIN blobs USING (sha256)"
            " WHERE verified_at IS NOT NULL AND total = size"
        )

    def blob(self, sha256: str) -> tuple[Path, str] | None:
        """File and media type of a verified blob; None for any other word."""
        rows = self._reader.rows(
            "SELECT media_type FROM refs JOIN blobs USING (sha256)"
            " WHERE sha256 = ? AND verified_at IS NOT NULL ORDER BY source, id LIMIT 1",
            sha256,
        )
        return (self._folder / BLOBS / sha256, rows[0]["media_type"]) if rows else None

    def cases(self, most: int = 50) -> list[CaseRow]:
        """The newest cases with their pictures."""
        rows = self._reader.rows(
            f"SELECT source, received_at, data FROM events WHERE type = '{CASE_TYPE}' ORDER BY arrival DESC LIMIT ?",  # noqa: S608  our own constant: a parameter would miss the partial index
            most,
        )
        return [self._case(row) for row in rows]

    def case_count(self) -> int:
        """How many cases are here."""
        return self._number(f"SELECT COUNT(*) FROM events WHERE type = '{CASE_TYPE}'")  # noqa: S608  our own constant

    def devices(self) -> list[DeviceRow]:
        """Every device that ever said a word, by name."""
        rows = self._reader.rows(
            "SELECT source, SUM(stored) AS rows, online, payload, received_at FROM"
            " (SELECT source, stored FROM lanes UNION ALL SELECT '/devices/' || device, 0 FROM presence) AS heard"
            " LEFT JOIN presence ON source = '/devices/' || device"
            " GROUP BY source, online, payload, received_at ORDER BY source"
        )
        return [_device(row) for row in rows]

    def events(self, kind: str = "%", most: int = 1000) -> list[dict[str, Any]]:
        """The newest events whose type is LIKE `kind`, newest first; pieces of blobs are left out."""
        rows = self._reader.rows(
            "SELECT id, source, lane, type, subject, time, received_at, data FROM events"
            " WHERE lane <> 'blob' AND type LIKE ? ORDER BY arrival DESC LIMIT ?",
            kind,
            most,
        )
        return [{**dict(row), "data": json.loads(row["data"])} for row in rows]

    def reported(self) -> dict[str, dict[str, Any]]:
        """What each device said last of its own state."""
        rows = self._reader.rows("SELECT device, payload FROM reported")
        return {row["device"]: dict(json.loads(row["payload"]).get("state", {})) for row in rows}

    def shown(self, type_: str, most: int) -> list[dict[str, Any]]:
        """The newest events of one of `SHOWN_TYPES`, newest first: source, subject, time and data."""
        rows = self._reader.rows(
            f"SELECT source, subject, time, data FROM events WHERE {SHOWN} AND type = ? ORDER BY arrival DESC LIMIT ?",  # noqa: S608  our own words
            type_,
            most,
        )
        return [{**dict(row), "data": json.loads(row["data"])} for row in rows]

    def counts(self) -> dict[str, int]:
        """Rows per lane as the hub's ledger has them; cheap enough for a page that asks each second."""
        rows = self._reader.rows("SELECT lane, SUM(stored) AS stored FROM lanes GROUP BY lane")
        return {row["lane"]: int(row["stored"]) for row in rows}

    def watermarks(self) -> dict[tuple[str, str, Lane], int]:
        """How far each lane (device, epoch, lane) is without a hole, as the hub's ledger has it."""
        rows = self._reader.rows("SELECT source, epoch, lane, watermark FROM lanes")
        return {
            (row["source"].removeprefix("/devices/"), row["epoch"], Lane(row["lane"])): row["watermark"] for row in rows
        }

    def gaps(self) -> int:
        """Holes in the hub's ledgers just now: sequences that later ones have overtaken."""
        return self._reader.gaps()

    def refused(self, most: int = 100) -> list[tuple[str, str]]:
        """Topic and reason of the newest messages that broke the contract."""
        rows = self._reader.rows("SELECT topic, reason FROM refused ORDER BY arrival DESC LIMIT ?", most)
        return [(row["topic"], row["reason"]) for row in rows]

    def refused_count(self) -> int:
        """How many messages broke the contract, as far as they are kept."""
        return self._number("SELECT COUNT(*) FROM refused")

    def _cases_told_twice(self) -> int:
        rows = self._reader.rows("SELECT source, data FROM events WHERE type = ?", CASE_TYPE)
        return len(rows) - len({(row["source"], json.loads(row["data"]).get("case")) for row in rows})

    def _lane(self, row: Row) -> LaneCount:
        source, epoch, lane = row["source"], row["epoch"], row["lane"]
        told = self._shed(source, epoch, lane)
        shed = sum(last - first + 1 - self._between(source, epoch, lane, first, last) for first, last in told)
        top = max([row["top"] or 0, *(last for _, last in told)])
        return LaneCount(
            source.removeprefix("/devices/"), epoch, Lane(lane), top - shed, row["received"], shed, row["duplicates"]
        )

    def _covered(self, source: str, epoch: str, lane: Lane, top: int) -> int:
        told = self._shed(source, epoch, lane, "acked-before")
        clipped = [(first, min(last, top)) for first, last in told if first <= top]
        absent = sum(last - first + 1 - self._between(source, epoch, lane, first, last) for first, last in clipped)
        return self._between(source, epoch, lane, 1, top) + absent

    def _shed(self, source: str, epoch: str, lane: str, reason: str = "%") -> list[tuple[int, int]]:
        rows = self._reader.rows(
            "SELECT first, last FROM shed WHERE source = ? AND epoch = ? AND lane = ? AND reason LIKE ?",
            *(source, epoch, lane, reason),
        )
        return list(Spans((row["first"], row["last"]) for row in rows))

    def _between(self, source: str, epoch: str, lane: str, first: int, last: int) -> int:
        return self._number(
            "SELECT COUNT(DISTINCT seq) FROM events"
            " WHERE source = ? AND epoch = ? AND lane = ? AND seq BETWEEN ? AND ?",
            *(source, epoch, lane, first, last),
        )

    def _case(self, row: Row) -> CaseRow:
        data = json.loads(row["data"])
        shown = data.get("photographs")
        pictures = tuple(self._picture(item) for item in shown if _is_picture(item)) if isinstance(shown, list) else ()
        device = row["source"].removeprefix("/devices/")
        return CaseRow(device, str(data.get("case", "")), row["received_at"], data, pictures)

    def _picture(self, item: dict[str, Any]) -> Picture:
        blob = item["blob"]
        sha256 = str(blob.get("sha256", ""))
        return Picture(
            sha256=sha256,
            media_type=str(blob.get("media_type", "")),
            view=str(item.get("view", "")),
            taken_at=str(item.get("taken_at", "")),
            verified=self.blob(sha256) is not None,
        )

    def _number(self, query: str, *values: str | int) -> int:
        [row] = self._reader.rows(query, *values)
        [number] = row.values()
        return int(number)


def _is_picture(item: object) -> bool:
    return isinstance(item, dict) and isinstance(item.get("blob"), dict)


def _device(row: Row) -> DeviceRow:
    said = json.loads(row["payload"]) if row["payload"] else {}
    return DeviceRow(
        device=row["source"].removeprefix("/devices/"),
        online=bool(row["online"]),
        since=row["received_at"] or "",
        agent=said.get("agent", ""),
        role=said.get("role", ""),
        rows=int(row["rows"]),
    )
