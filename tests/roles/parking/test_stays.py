# SPDX-License-Identifier: Apache-2.0
from typing import Any

import pytest

from edge.contract.words import ClockQuality
from edge.core.inputs import Ticked
from edge.core.tracks import Kind
from tests.roles.parking.lot import Lot, plate, settings_of, standing_in


def test_an_overstay_is_told_once_with_the_plate() -> None:
    """After `max_stay_s` of the stay, not of our knowing of it."""
    lot = Lot(settings_of({"name": "a", "max_stay_s": 20}))
    lot.plays(8)
    lot.fills("a", standing_in("a", plate=plate("浙C12345", "blue")))
    lot.plays(20)
    assert lot.said("overstay") == []
    lot.plays(30)
    (told,) = lot.said("overstay")
    assert (told["space"], told["plate"]["text"], told["max_stay_s"]) == ("a", "浙C12345", 20)
    assert told["stayed_s"] == pytest.approx(21, abs=1.1)


@pytest.mark.parametrize(
    ("use", "track", "reason"),
    [
        ("car", {"kind": Kind.VAN}, "kind"),
        ("car", {"kind": Kind.CAR}, None),
        ("car", {"kind": Kind.VEHICLE}, None),
        ("van", {"kind": Kind.CAR}, "kind"),
        ("disabled", {"kind": Kind.VAN}, None),
        ("ev", {"plate": plate("浙C12345", "blue")}, "plate-not-green"),
        ("ev", {"plate": plate("浙CD12345", "green")}, None),
        ("ev", {"plate": plate("浙C12345", "blue", sure=0.5)}, None),
    ],
)
def test_a_vehicle_in_a_space_for_others_is_told_once(use: str, track: dict[str, Any], reason: str | None) -> None:
    """By kind where a detector tells it, by the plate's colour where a space is for electric cars."""
    lot = Lot(settings_of({"name": "a", "use": use}))
    lot.plays(8)
    lot.fills("a", standing_in("a", **track))
    lot.plays(40)
    assert [one["reason"] for one in lot.said("wrongclass")] == ([reason] if reason else [])


def test_a_space_for_electric_cars_may_ask_for_a_plate_within_a_time() -> None:
    """Only where the settings say so: a plate that nobody could read is no proof."""
    lot = Lot(settings_of({"name": "a", "use": "ev"}, plate_wait_s=15))
    lot.plays(8)
    lot.fills("a")
    lot.plays(30)
    assert [one["reason"] for one in lot.said("wrongclass")] == ["no-green-plate-seen"]


def test_a_kind_that_wavers_is_no_kind() -> None:
    """A detector that calls the same vehicle van and car by turns accuses nobody."""
    lot = Lot()
    lot.plays(8)
    lot.fills("a")
    for number in range(20):
        lot.tracks = [standing_in("a", kind=Kind.VAN if number % 2 else Kind.CAR)]
        lot.plays(2)
    assert lot.said("wrongclass") == []


def test_a_surer_reading_replaces_a_plate_and_a_like_one_does_not() -> None:
    """State is written to flash; a reading that is a hair surer is no news."""
    lot = Lot(settings_of({"name": "a", "use": "ev"}))
    lot.plays(8)
    lot.fills("a", standing_in("a", plate=plate("浙CD1234S", "green", 0.85)))
    lot.plays(8)
    lot.tracks = [standing_in("a", plate=plate("浙CD12346", "green", 0.87))]
    lot.plays(1)
    assert lot.state.spaces[0].guest is not None
    assert lot.state.spaces[0].guest.plate == "浙CD1234S"
    lot.tracks = [standing_in("a", plate=plate("浙CD12345", "green", 0.97))]
    lot.plays(1)
    assert lot.state.spaces[0].guest.plate == "浙CD12345"


def test_a_zone_is_counted_when_it_changes_and_not_too_often() -> None:
    """Counts reach hub and sign in the same step; between two of them lies `zone_every_s`."""
    lot = Lot()
    lot.plays(12)
    lot.emitted.clear()
    lot.driven.clear()
    lot.fills("a")
    lot.plays(1)
    lot.fills("b")
    lot.plays(8)
    counts = [(one["free"], one["occupied"], one["unknown"], one["total"]) for one in lot.said("zone")]
    assert counts == [(2, 1, 0, 3), (1, 2, 0, 3)]
    assert lot.driven == [2, 1]


def test_everything_is_told_after_a_start_and_now_and_then() -> None:
    """A hub that was restored, and a sign that lost its power, know again."""
    lot = Lot(settings_of(snapshot_s=30))
    lot.plays(1)
    assert len(lot.said("snapshot")) == 1
    lot.plays(40)
    first, last = lot.said("snapshot")
    assert [space["state"] for space in first["spaces"]] == ["unknown"] * 3
    assert [space["state"] for space in last["spaces"]] == ["free"] * 3
    assert last["zones"] == [{"zone": "north", "free": 3, "occupied": 0, "unknown": 0, "total": 3}]
    assert lot.driven[-1] == 3


def test_a_zone_without_a_sign_drives_nothing() -> None:
    """Most lots have none."""
    lot = Lot(settings_of(zones=[{"name": "north"}]))
    lot.plays(20)
    assert lot.driven == []


def test_an_hour_is_accounted_for() -> None:
    """One came for 20 minutes and one stayed: arrivals, departures, mean stay and the share of time."""
    lot = Lot()
    lot.plays(10)
    lot.fills("a")
    for _ in range(60):
        lot.passes(10)
        lot.looks()
    lot.fills("b")
    for _ in range(60):
        lot.passes(10)
        lot.looks()
    lot.tracks = lot.tracks[1:]
    lot.pixels["a"] = 0.02
    lot.plays(20)
    for _ in range(24):  # the rest of the hour, a look every hundred seconds
        lot.passes(100)
        lot.looks()
    hour = lot.said("hour")[0]
    assert (hour["arrivals"], hour["departures"], hour["turnover"]) == (2, 1, 0.667)
    assert hour["mean_stay_s"] == pytest.approx(1200, abs=12)
    assert hour["occupied_share"] == pytest.approx((1200 + 2990) / 3 / 3600, abs=0.005)
    assert hour["known_share"] == pytest.approx(1, abs=0.01)
    assert lot.state.accounts[0].arrivals == 0


def test_an_hour_in_which_nothing_was_known_says_so() -> None:
    """No share of nothing; hours by a clock that was never set are not told."""
    lot = Lot()
    lot.looking = False
    lot.passes(3700)
    lot.happens(Ticked(lot.now))
    (hour,) = lot.said("hour")
    assert (hour["occupied_share"], hour["mean_stay_s"], hour["known_share"]) == (None, None, 0)
    lot.quality = ClockQuality.UNSET
    lot.passes(3700)
    lot.happens(Ticked(lot.now))
    assert len(lot.said("hour")) == 1


def test_time_without_the_device_is_known_to_nobody() -> None:
    """Off for half of an hour: the stay goes on over it, and the hour says that half of it was not seen."""
    lot = Lot()
    lot.plays(10)
    lot.fills("a")
    lot.plays(890)
    lot.passes(1800)
    lot.starts()
    lot.plays(920)
    (hour,) = lot.said("hour")
    assert hour["known_share"] == pytest.approx(0.5, abs=0.01)
    assert hour["occupied_share"] == pytest.approx(1 / 3, abs=0.01)
    lot.empties()
    lot.plays(10)
    assert lot.said("occupancy")[-1]["stayed_s"] == pytest.approx(890 + 1800 + 920, abs=8)


def test_a_car_that_was_there_before_us_leaves_without_a_stay() -> None:
    """Nobody knows when it came, so it is counted out and not averaged."""
    lot = Lot()
    lot.fills("a")
    lot.plays(20)
    lot.empties()
    lot.plays(10)
    assert lot.said("occupancy")[-1]["stayed_s"] is None
    assert (lot.state.accounts[0].departures, lot.state.accounts[0].stays) == (1, 0)
