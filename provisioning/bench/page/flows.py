# SPDX-License-Identifier: Apache-2.0
"""Traffic and crowds as the page shows them: a bar for each summary, by kind of vehicle or by people present."""

from typing import Any, Final

from edge.contract.crowd import SUMMARY_TYPE as CROWD_TYPE
from edge.contract.traffic import SUMMARY_TYPE as TRAFFIC_TYPE
from provisioning.bench.page.lots import inner_list
from provisioning.bench.page.plain import View, inner, number, typed
from provisioning.bench.record import Record

_SUMMARIES: Final = 96
"""Eight hours of five minutes."""
_BARS: Final = 48


def roads(record: Record) -> list[View]:
    """Each road with its newest summaries, oldest first."""
    found: dict[tuple[str, str], View] = {}
    for event in reversed(record.shown(TRAFFIC_TYPE, _SUMMARIES)):
        data = event["data"]
        road = _begun(found, event, "road")
        lanes = inner_list(data, "lanes")
        road["bars"] = [*road["bars"], {**_span(data), "kinds": _kinds(lanes)}][-_BARS:]
        road["lanes"] = [_lane(lane) for lane in lanes]
    return [found[key] for key in sorted(found)]


def sites(record: Record) -> list[View]:
    """Each site with how many people were there, oldest first."""
    found: dict[tuple[str, str], View] = {}
    for event in reversed(record.shown(CROWD_TYPE, _SUMMARIES)):
        data = event["data"]
        site = _begun(found, event, "site")
        counts = {key: int(number(data.get(key)) or 0) for key in ("present", "peak")}
        gates = inner_list(data, "gates")
        passed = {key: int(sum(number(gate.get(key)) or 0 for gate in gates)) for key in ("entered", "left")}
        site["bars"] = [*site["bars"], {**_span(data), **counts, **passed}][-_BARS:]
    return [found[key] for key in sorted(found)]


def _begun(found: dict[tuple[str, str], View], event: dict[str, Any], what: str) -> View:
    data = event["data"]
    device, name = typed(event["source"]).removeprefix("/devices/"), typed(data.get(what))
    empty: View = {"device": device, "name": name, "place": typed(inner(data, "place").get("name")), "bars": []}
    return found.setdefault((device, name), empty)


def _span(data: View) -> View:
    return {"from": typed(data.get("from")), "to": typed(data.get("to"))}


def _kinds(lanes: list[View]) -> dict[str, int]:
    """Vehicles of all lanes by kind, whichever way they went."""
    sums: dict[str, int] = {}
    for lane in lanes:
        for way in ("forward", "against"):
            for kind, count in inner(lane, way).items():
                sums[typed(kind)] = sums.get(typed(kind), 0) + int(number(count) or 0)
    return sums


def _lane(lane: View) -> View:
    kept = {key: number(lane.get(key)) for key in ("mean_kmh", "queue_max_m", "occupancy")}
    return {"lane": typed(lane.get("lane")), "level": typed(lane.get("level")), **kept}
