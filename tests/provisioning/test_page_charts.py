# SPDX-License-Identifier: Apache-2.0
"""What the page draws of parking lots, roads and sites, from events as devices write them."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from edge.contract.batch import encode_batch
from edge.contract.crowd import SUMMARY_TYPE as CROWD_TYPE
from edge.contract.parking import OCCUPANCY_TYPE, SNAPSHOT_TYPE, ZONE_TYPE
from edge.contract.traffic import SUMMARY_TYPE as TRAFFIC_TYPE
from edge.contract.words import Lane
from provisioning.bench.book import Book
from provisioning.bench.page.flows import roads, sites
from provisioning.bench.page.lots import lots
from provisioning.bench.record import Record
from provisioning.bench.record_sqlite import SqliteStore
from tests.provisioning.made_up import DEVICE, event, topic

PLACE = {"code": "P1", "name": "Tower"}
OUTLINE = [[0.1, 0.1], [0.2, 0.1], [0.2, 0.2]]


class Hub:
    """A hub's record that facts are written into, one after the other."""

    def __init__(self, folder: Path) -> None:
        self._book, self._folder, self._seq = Book(SqliteStore(folder)), folder, 0

    def hears(self, kind: str, data: dict[str, Any]) -> None:
        self._seq += 1
        self._book.take(topic(Lane.STATE), encode_batch([event(Lane.STATE, self._seq, {"place": PLACE, **data}, kind)]))

    def record(self) -> Record:
        self._book.commit(0.0)
        return Record(self._folder)

    def close(self) -> None:
        self._book.close()


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    made = Hub(tmp_path)
    yield made
    made.close()


def _space(name: str, state: str, **more: object) -> dict[str, object]:
    return {"space": name, "state": state, "since": "2026-01-01T00:00:00Z", **more}


def _zone(free: int, occupied: int) -> dict[str, object]:
    return {"zone": "A", "free": free, "occupied": occupied, "unknown": 0, "total": free + occupied}


def test_newest_word_of_each_space(hub: Hub) -> None:
    """A change after a snapshot holds; where the space lies is kept from the snapshot, and A-2 comes before A-10."""
    told = [_space("A-10", "free"), _space("A-2", "free", outline=OUTLINE)]
    hub.hears(SNAPSHOT_TYPE, {"spaces": told, "zones": [_zone(2, 0)]})
    hub.hears(OCCUPANCY_TYPE, _space("A-2", "occupied", zone="A", vehicle="car"))
    with closing(hub.record()) as record:
        [lot] = lots(record)
    assert (lot["device"], lot["name"]) == (DEVICE, "Tower")
    assert [(one["space"], one["state"]) for one in lot["spaces"]] == [("A-2", "occupied"), ("A-10", "free")]
    assert lot["spaces"][0]["corners"] == OUTLINE


def test_occupancy_over_time(hub: Hub) -> None:
    """Each count of a zone is a step of its line; a zone of which nothing is known has no share."""
    hub.hears(ZONE_TYPE, _zone(3, 1))
    hub.hears(ZONE_TYPE, _zone(1, 3))
    hub.hears(ZONE_TYPE, {**_zone(0, 0), "unknown": 4, "total": 4})
    with closing(hub.record()) as record:
        [lot] = lots(record)
    assert [one["share"] for one in lot["series"]] == [0.25, 0.75, None]
    assert lot["zones"][0]["unknown"] == 4


def test_vehicles_of_all_lanes(hub: Hub) -> None:
    """A bar sums up kinds over lanes and both ways; the lanes' state is the newest."""
    lanes = [
        {"lane": "east", "forward": {"car": 3, "bus": 1}, "against": {"car": 1}, "level": "slow", "mean_kmh": 21.0},
        {"lane": "west", "forward": {"car": 2}, "against": {}, "level": "free", "mean_kmh": None},
    ]
    hub.hears(TRAFFIC_TYPE, {"road": "harbour", "from": "a", "to": "b", "lanes": lanes})
    with closing(hub.record()) as record:
        [road] = roads(record)
    assert road["bars"] == [{"from": "a", "to": "b", "kinds": {"car": 6, "bus": 1}}]
    assert [(lane["lane"], lane["level"], lane["mean_kmh"]) for lane in road["lanes"]] == [
        ("east", "slow", 21.0),
        ("west", "free", None),
    ]


def test_people_of_all_gates(hub: Hub) -> None:
    """A bar has who is there, and who came and went through any gate."""
    gates = [{"gate": "n", "entered": 3, "left": 1}, {"gate": "s", "entered": 2, "left": 0}]
    hub.hears(CROWD_TYPE, {"site": "tower", "from": "a", "to": "b", "gates": gates, "present": 9, "peak": 12})
    with closing(hub.record()) as record:
        [site] = sites(record)
    assert site["bars"] == [{"from": "a", "to": "b", "present": 9, "peak": 12, "entered": 5, "left": 1}]


@pytest.mark.parametrize("value", ["x", [1], [[0, 2], [0, 0], [1, 1]], {"a": 1}, None], ids=repr)
def test_odd_outlines(hub: Hub, value: object) -> None:
    """What is no outline inside the picture is shown as none."""
    hub.hears(SNAPSHOT_TYPE, {"spaces": [_space("A-1", "free", outline=value), "odd"], "zones": "odd"})
    with closing(hub.record()) as record:
        [lot] = lots(record)
    assert lot["spaces"][0]["corners"] == []
