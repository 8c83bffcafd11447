# SPDX-License-Identifier: Apache-2.0
"""Parking lots as the page shows them: every space as it was told last, free counts, and how full it was of late."""

from collections.abc import Iterable
from typing import Any, Final

from edge.contract.parking import OCCUPANCY_TYPE, SNAPSHOT_TYPE, ZONE_TYPE
from provisioning.bench.page.plain import View, inner, number, texts, typed
from provisioning.bench.record import Record

_SNAPSHOTS: Final = 20
_CHANGES: Final = 400
_COUNTS: Final = 400
_STATES: Final = frozenset({"occupied", "free", "unknown"})

Key = tuple[str, str]
"""Device and place code: one lot."""


def lots(record: Record) -> list[View]:
    """Each lot with its spaces and zones, by device and place."""
    found: dict[Key, dict[str, Any]] = {}
    snapshots, changes = record.shown(SNAPSHOT_TYPE, _SNAPSHOTS), record.shown(OCCUPANCY_TYPE, _CHANGES)
    for event in _oldest_first([*snapshots, *changes, *record.shown(ZONE_TYPE, _COUNTS)]):
        data, lot = event["data"], _lot(found, event)
        for told in inner_list(data, "spaces") or ([data] if "space" in data else []):
            _take_space(lot["spaces"], _space(told))
        for told in inner_list(data, "zones") or ([data] if "total" in data else []):
            zone = _zone(told)
            lot["zones"][zone["zone"]] = zone
            lot["series"].append({"at": typed(event["time"]), "zone": zone["zone"], "share": _share(zone)})
    return [_shown(key, lot) for key, lot in sorted(found.items())]


def _oldest_first(events: list[dict[str, Any]]) -> Iterable[dict[str, Any]]:
    """By their own time: a backlog arrives late, and says what was."""
    return sorted(events, key=lambda event: str(event["time"]))


def _lot(found: dict[Key, dict[str, Any]], event: dict[str, Any]) -> dict[str, Any]:
    place = inner(event["data"], "place")
    key = (typed(event["source"]).removeprefix("/devices/"), typed(place.get("code")))
    empty = {"name": typed(place.get("name")), "spaces": {}, "zones": {}, "series": []}
    return found.setdefault(key, empty)


def inner_list(data: dict[str, Any], key: str) -> list[dict[str, Any]]:
    """The tables of a list; whatever else a device wrote there is passed over."""
    listed = data.get(key)
    return [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []


def _space(data: dict[str, Any]) -> View:
    state = typed(data.get("state"))
    return {
        "space": typed(data.get("space")),
        "zone": typed(data.get("zone")),
        "state": state if state in _STATES else "unknown",
        "since": typed(data.get("since")),
        "vehicle": typed(data.get("vehicle")),
        "straddles": texts(data.get("straddles")),
        "corners": _corners(data.get("outline")),
    }


def _take_space(spaces: dict[str, View], space: View) -> None:
    """What is told now holds; where a space lies and what it is for stays as it was told before."""
    before = spaces.get(space["space"], {})
    lasting = {key: space[key] or before.get(key) or space[key] for key in ("zone", "corners")}
    spaces[space["space"]] = {**space, **lasting}


def _zone(data: dict[str, Any]) -> View:
    counts = {key: number(data.get(key)) or 0 for key in ("free", "occupied", "unknown", "total")}
    return {"zone": typed(data.get("zone")), **counts}


def _share(zone: View) -> float | None:
    """Of the spaces whose state is known, how many are taken."""
    known = zone["free"] + zone["occupied"]
    return zone["occupied"] / known if known else None


def _corners(value: object) -> list[list[float]]:
    """An outline as fractions of the picture, if the device told one."""
    if not isinstance(value, list) or not 3 <= len(value) <= 64:  # noqa: PLR2004 - a polygon, as settings allow it
        return []
    pairs = [[number(part) for part in pair] for pair in value if isinstance(pair, list) and len(pair) == 2]  # noqa: PLR2004
    whole = [[x, y] for x, y in pairs if x is not None and y is not None and 0 <= x <= 1 and 0 <= y <= 1]
    return whole if len(whole) == len(value) else []


def _shown(key: Key, lot: dict[str, Any]) -> View:
    device, code = key
    return {
        "device": device,
        "code": code,
        "name": lot["name"],
        "spaces": sorted(lot["spaces"].values(), key=lambda space: _natural(space["space"])),
        "zones": sorted(lot["zones"].values(), key=lambda zone: _natural(zone["zone"])),
        "series": lot["series"],
    }


def _natural(name: str) -> tuple[str, int, str]:
    """A-2 before A-10."""
    letters = name.rstrip("0123456789")
    digits = name[len(letters) :]
    return letters, int(digits) if digits else 0, name
