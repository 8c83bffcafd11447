# SPDX-License-Identifier: Apache-2.0
"""What the page shows, as plain values: only named fields leave here, and each has the type that the page expects."""

from typing import Final

from edge.contract.words import Lane
from provisioning.bench.page.flows import roads, sites
from provisioning.bench.page.lots import lots
from provisioning.bench.page.plain import View, inner, number, typed
from provisioning.bench.record import Record
from provisioning.bench.record_rows import CaseRow, DeviceRow

_CASES: Final = 24
_EVENTS: Final = 12


def view(record: Record) -> View:
    """One look at the hub."""
    counts = record.counts()
    return {
        "lanes": {lane.value: counts.get(lane.value, 0) for lane in Lane},
        "duplicates": record.duplicates_seen(),
        "gaps": record.gaps(),
        "blobs": {"verified": record.blobs_verified(), "expected": record.blobs_expected()},
        "refused": record.refused_count(),
        "devices": [_device(row) for row in record.devices()],
        "cases": [_case(row) for row in record.cases(_CASES)],
        "lots": lots(record),
        "roads": roads(record),
        "sites": sites(record),
        "events": [_event(event) for event in record.events(most=_EVENTS)],
    }


def _device(row: DeviceRow) -> View:
    return {
        "name": row.device,
        "online": row.online,
        "since": row.since,
        "agent": row.agent,
        "role": row.role,
        "rows": row.rows,
    }


def _case(row: CaseRow) -> View:
    data = row.data
    return {
        "device": row.device,
        "case": row.case,
        "place": typed(inner(data, "place").get("name")),
        "zone": typed(data.get("zone")),
        "vehicle": typed(data.get("vehicle")),
        "plate": typed(inner(data, "plate").get("text")),
        "first_seen": typed(data.get("first_seen")),
        "last_seen": typed(data.get("last_seen")),
        "dwell_s": number(data.get("dwell_s")),
        "limit_s": number(data.get("limit_s")),
        "received_at": row.received_at,
        "pictures": [
            {"sha256": picture.sha256, "view": picture.view, "taken_at": picture.taken_at, "here": picture.verified}
            for picture in row.pictures
        ],
    }


def _event(event: View) -> View:
    kept = ("id", "source", "lane", "type", "subject", "time", "received_at")
    return {key: typed(event[key]) for key in kept}
