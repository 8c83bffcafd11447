# SPDX-License-Identifier: Apache-2.0
"""What becomes of one car that stands where it must not."""

from datetime import datetime

from tests.roles.illegal_parking.street import ELSEWHERE, SPOT, Street, settings_of, shifted_box


def test_plain_stay() -> None:
    """A car that outstays the limit is opened after the grace, one case at the limit, and departed when it has gone."""
    street = Street()
    street.comes(1)
    street.plays(70)
    street.leaves(1)
    street.plays(10)
    assert street.facts == ["opened", "case", "departed"]
    opened, case, departed = (street.emitted[i].data for i in range(3))
    assert opened["case"] == case["case"] == departed["case"] == "pole-1-gate-20250617T040000000"
    assert (opened["dwell_s"], case["dwell_s"]) == (10, 60)
    assert 65 <= departed["dwell_s"] <= 70
    assert (opened["limit_s"], case["limit_s"], departed["completed"]) == (60, 60, True)
    assert (case["plate"], case["vehicle"], case["clock"]) == (None, "car", "synced")
    assert case["verdict"] == "for-human-review"


def test_photographs_span_the_stay() -> None:
    """A case shows whole scenes at opening, an interval later and at the limit, each with the vehicle cut out."""
    street = Street()
    street.comes(1)
    street.plays(70)
    photographs = street.said("case")[0]["photographs"]
    start = datetime.fromisoformat(street.said("case")[0]["first_seen"])
    taken = [(one["view"], (datetime.fromisoformat(one["taken_at"]) - start).total_seconds()) for one in photographs]
    assert taken == [(view, at) for at in (10, 20, 60) for view in ("whole-scene", "vehicle")]
    assert [picture.sha256 for picture in street.kept] == [one["blob"]["sha256"] for one in photographs]


def test_gone_within_grace() -> None:
    """Who only lets somebody out is never mentioned and never photographed."""
    street = Street()
    street.comes(1)
    street.plays(9)
    street.leaves(1)
    street.plays(30)
    assert (street.facts, street.kept, street.state.stays) == ([], [], ())


def test_gone_before_the_limit() -> None:
    """Who leaves before the limit gets no case, and the hub hears that the stay came to nothing."""
    street = Street()
    street.comes(1)
    street.plays(50)
    street.leaves(1)
    street.plays(30)
    assert street.facts == ["opened", "departed"]
    assert street.said("departed")[0]["completed"] is False


def test_nudged_forward() -> None:
    """Half a length forward is the same stay, with the dwell of the whole."""
    street = Street()
    street.comes(1)
    street.plays(40)
    street.moves(1, shifted_box(SPOT, right=0.5))
    street.plays(3)
    street.stands(1)
    street.plays(100)
    assert street.facts == ["opened", "case"]
    assert street.said("case")[0]["dwell_s"] == 60


def test_nudged_forward_under_a_new_name() -> None:
    """The same nudge with the track lost on the way is still the same stay."""
    street = Street()
    street.comes(1)
    street.plays(40)
    street.vanishes(1)
    street.comes(2, shifted_box(SPOT, right=0.4), moving=True)
    street.plays(3)
    street.stands(2)
    street.plays(100)
    assert street.facts == ["opened", "case"]
    assert street.said("case")[0]["dwell_s"] == 60


def test_moved_about_after_the_case() -> None:
    """Whoever has had its case gets no second one by moving to the other end of the zone."""
    street = Street()
    street.comes(1)
    street.plays(65)
    street.moves(1, shifted_box(SPOT, right=1.5))
    street.plays(3)
    street.stands(1)
    street.plays(200)
    street.leaves(1)
    street.plays(10)
    assert street.facts == ["opened", "case", "departed"]


def test_there_before_the_camera_looked() -> None:
    """A vehicle that was never seen to come gets no case, not even when its track is lost and found as an arrival."""
    street = Street()
    street.comes(1, arrived=False)
    street.plays(200)
    street.renames(arrived=True)
    street.plays(200)
    assert street.facts == []
    street.moves(101, ELSEWHERE)
    street.plays(20)
    street.changes(101, box=SPOT)
    street.stands(101)
    street.plays(100)
    assert street.facts == ["opened", "case"]


def test_tracker_has_second_thoughts() -> None:
    """Who is first taken for a resident, and then for an arrival without having moved, has stood there since."""
    street = Street()
    street.comes(1, arrived=False)
    street.plays(3)
    street.changes(1, arrived=True)
    street.plays(60)
    assert street.facts == ["opened", "case"]


def test_resident_whose_name_another_takes() -> None:
    """A resident's track that is told as an arrival long after has moved with somebody else: no case comes of it."""
    street = Street()
    street.comes(1, arrived=False)
    street.plays(20)
    street.changes(1, arrived=True)
    street.plays(100)
    assert street.facts == []


def test_resident_nudged() -> None:
    """Who was there before is no arrival for having moved up a little."""
    street = Street()
    street.comes(1, arrived=False)
    street.plays(3)
    street.moves(1, shifted_box(SPOT, right=0.6))
    street.plays(2)
    street.stands(1)
    street.plays(100)
    assert street.facts == []


def test_camera_that_shows_nothing_new() -> None:
    """A frozen picture is taken once, none at all is waited for, and a case never shows the same one twice."""
    street = Street(settings_of({"photo_interval_s": 1}))
    street.closeups = False
    street.comes(1)
    street.plays(10)
    street.frozen = street.sighting("east").scene
    street.plays(50)
    street.scenes = False
    street.plays(50)
    assert (street.facts, len(street.kept)) == (["opened"], 1)
    street.scenes, street.frozen = True, None
    street.plays(5)
    assert street.facts == ["opened", "case"]
    assert len({one["blob"]["sha256"] for one in street.said("case")[0]["photographs"]}) == 3


def test_nothing_new_is_nothing_to_write() -> None:
    """While a car just stands, most looks leave the very same state, so that flash is spared."""
    street = Street()
    assert not street.ticks()
    assert not street.looks()
    street.comes(1)
    street.comes(2, shifted_box(SPOT, right=1.2), arrived=False)
    street.plays(65)
    busy = 0
    for _ in range(120):
        street.passes(1)
        busy += street.looks()
    assert busy <= 24


def test_pictures_of_a_stay_that_comes_to_nothing_are_released() -> None:
    """A vehicle that leaves before the limit leaves no picture behind, neither here nor at the hub."""
    street = Street(settings_of())
    street.comes(1)
    street.plays(20)
    assert street.held
    street.leaves(1)
    street.plays(60)
    assert (street.facts, street.held) == (["opened", "departed"], {})
