# SPDX-License-Identifier: Apache-2.0
"""Arithmetic of a report, with numbers that can be checked in one's head."""

import json

import pytest

from edge.fleet.histogram import Histogram
from edge.fleet.words import Finished, Mishap, Outage
from provisioning.fleet.report import AtHub, Cost, Instants, all_back_s, peak, report


def part(accepted: int, acked: int, latency_s: float, refused: int = 0) -> Finished:
    latency = Histogram(counts={})
    latency.add(latency_s)
    return Finished(
        accepted=accepted,
        acked=acked,
        refused=refused,
        latency=latency,
        calm_latency=Histogram(counts={}),
        reconnect=Histogram(counts={}),
        bytes_up=1000,
        bytes_down=10,
        cpu_s=1.5,
        rss_mb=40.0,
    )


@pytest.mark.parametrize(
    ("instants", "most"),
    [([], 0), ([3.0], 1), ([0.0, 1.0, 2.0], 1), ([0.95, 1.05, 1.94], 3), ([5.0, 0.1, 0.2, 5.9, 5.99], 3)],
)
def test_the_peak_slides(instants: list[float], most: int) -> None:
    """A crowd that stands astride a full second is counted whole, and order does not matter."""
    assert peak(instants) == most


def test_sums_and_shares() -> None:
    """Two processes add up; what the hub lacks is lost; the peak is a share of the devices, and after the start."""
    instants = Instants(100.0, 130.0, [99.0, 99.1, 99.2, 110.1, 110.2, 120.0], [110.3, 110.4, 120.1], [98.0, 110.5])
    outages = (Outage(what=Mishap.LINK_CUT, at_s=10.0, for_s=0.2),)
    told = report([part(50, 50, 0.1), part(50, 49, 0.3)], 20, instants, outages, AtHub(98, 1, 4), Cost(3.0, 0.5, 0.25))
    assert (told.events, told.acked, told.at_hub, told.lost, told.duplicated, told.sent_again) == (100, 99, 98, 2, 1, 4)
    assert (told.connects, told.peak_connects_pct) == (3, 10.0)
    assert (told.calls_in_vain, told.peak_calls_pct) == (1, 15.0)
    assert told.connects_per_s == {10: 2, 20: 1}
    assert told.all_back_s == 9.9
    assert told.latency_ms["max"] == 300.0
    assert told.cpu_s == {"simulators": 3.0, "broker": 0.5, "hub": 0.25}
    assert not told.passed
    assert json.loads(told.as_json())["connects_per_s"] == {"10": 2, "20": 1}


def test_a_foreign_hub_is_known_by_its_acks_alone() -> None:
    """Without the hub's rows, lost is what was never acknowledged, and nobody knows what came twice."""
    instants = Instants(0.0, 10.0, [], [])
    told = report([part(10, 9, 0.1)], 1, instants, (), None, Cost(1.0))
    assert (told.lost, told.at_hub, told.duplicated, told.sent_again) == (1, None, None, None)
    assert told.cpu_s == {"simulators": 1.0, "broker": None, "hub": None}
    assert not told.passed
    assert report([part(10, 10, 0.1)], 1, instants, (), None, Cost(1.0)).passed
    assert not report([part(10, 10, 0.1, refused=1)], 1, instants, (), None, Cost(1.0)).passed


def test_the_slowest_return_of_each_outage_counts() -> None:
    """From the end of an outage to the last link before the next one begins; no outage, nobody to come back."""
    outages = [
        Outage(what=Mishap.BROKER_KILLED, at_s=10.0, for_s=3.0),
        Outage(what=Mishap.LINK_CUT, at_s=50.0, for_s=1.0),
    ]
    assert all_back_s([5.0, 14.0, 33.0, 52.0], outages, 0.0) == 20.0
    assert all_back_s([5.0], outages, 0.0) is None
    assert all_back_s([5.0], [], 0.0) is None
