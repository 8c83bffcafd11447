# SPDX-License-Identifier: Apache-2.0
"""What a street does to the role, each story named for its mishap."""

from datetime import datetime

from edge.contract.words import ClockQuality
from edge.core.geometry import Box
from edge.core.inputs import Seen
from edge.core.tracks import Kind
from tests.roles.illegal_parking.street import ELSEWHERE, SPOT, Street, settings_of, shifted_box

BUS = Box(0.30, 0.40, 0.80, 0.75)


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


def test_crawling_queue() -> None:
    """Vehicles that stand for less than the grace at a time never count, however long the queue takes."""
    street = Street()
    box = shifted_box(SPOT, right=-0.4)
    street.comes(1, box)
    for _ in range(30):
        street.stands(1)
        street.plays(8)
        box = shifted_box(box, right=0.05)
        street.moves(1, box)
        street.plays(1)
    assert (street.facts, street.kept) == ([], [])


def test_queue_whose_ids_are_lost() -> None:
    """In a queue each vehicle takes the last one's place under a new name; their times do not add up."""
    street = Street()
    for name in range(1, 20):
        street.comes(name, shifted_box(SPOT, right=-0.3), moving=True)
        street.plays(3)
        street.changes(name, box=SPOT)
        street.stands(name)
        street.plays(8)
        street.vanishes(name)
    assert (street.facts, street.kept) == ([], [])


def test_queue_that_stood_longer_than_the_grace() -> None:
    """An opened stay whose vehicle moves on by its own length is over; where it stands next its time begins anew."""
    street = Street()
    street.comes(1)
    street.plays(45)
    street.moves(1, shifted_box(SPOT, right=1.0))
    street.plays(2)
    street.stands(1)
    street.plays(45)
    assert street.facts == ["opened", "departed", "opened"]


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


def test_bus_in_front() -> None:
    """A vehicle hidden for a while, remembered or lost and found under a new name, keeps its stay and its dwell."""
    for lost in (False, True):
        street = Street()
        street.comes(1)
        street.plays(30)
        street.comes(9, BUS, moving=True, kind=Kind.BUS)
        street.changes(1, seen=False)
        if lost:
            street.vanishes(1)
        street.plays(20)
        street.vanishes(9)
        if lost:
            street.comes(2, arrived=True)
        else:
            street.changes(1, seen=True)
        street.plays(100)
        assert street.facts == ["opened", "case"]
        assert street.said("case")[0]["dwell_s"] == 60


def test_bus_takes_the_name_along() -> None:
    """When a passing bus carries the track away, the car that still stands there keeps its stay."""
    street = Street()
    street.comes(1)
    street.plays(30)
    street.moves(1, BUS)
    street.plays(2)
    street.moves(1, ELSEWHERE)
    street.comes(2, arrived=True)
    street.plays(60)
    assert street.facts == ["opened", "case"]


def test_bus_in_front_for_too_long() -> None:
    """A vehicle out of sight for longer than may be bridged is let go, unless it has had its case already."""
    street = Street()
    street.comes(1)
    street.plays(30)
    street.vanishes(1)
    street.comes(9, BUS, arrived=False, kind=Kind.OTHER)
    street.plays(310)
    assert street.facts == ["opened", "departed"]
    street.vanishes(9)
    street.comes(2)
    street.plays(65)
    street.vanishes(2)
    street.comes(9, BUS, arrived=False, kind=Kind.OTHER)
    street.plays(1000)
    street.vanishes(9)
    street.comes(3)
    street.plays(100)
    assert street.facts == ["opened", "departed", "opened", "case"]


def test_place_hidden_for_good() -> None:
    """A finished stay behind something that never moves is given up in the end."""
    street = Street()
    street.comes(1)
    street.plays(65)
    street.vanishes(1)
    street.comes(9, BUS, arrived=False, kind=Kind.OTHER)
    street.plays(3700)
    assert (street.facts, street.state.stays) == (["opened", "case", "departed"], ())


def test_detector_blinks() -> None:
    """A few seconds without a detection are no departure."""
    street = Street()
    street.comes(1)
    for name in range(2, 30):
        street.plays(4)
        street.vanishes(name - 1)
        street.plays(5)
        street.comes(name)
    assert street.facts == ["opened", "case"]


def test_detector_sees_double() -> None:
    """One vehicle told as a car and as a truck is one stay."""
    street = Street()
    street.comes(1)
    street.comes(2, shifted_box(SPOT, right=0.05), kind=Kind.TRUCK)
    street.plays(100)
    street.vanishes(1)
    street.plays(100)
    assert street.facts == ["opened", "case"]


def test_neighbours_after_a_restart() -> None:
    """Two cars whose boxes overlap each keep their own stay, though either could be the other by its place."""
    street = Street()
    street.comes(1)
    street.plays(5)
    street.comes(2, shifted_box(SPOT, right=0.5))
    street.plays(30)
    before = sorted(opened["first_seen"] for opened in street.said("opened"))
    street.restarts(10)
    street.plays(60)
    assert sorted(street.facts) == ["case", "case", "opened", "opened"]
    assert sorted(case["first_seen"] for case in street.said("case")) == before


def test_place_taken_by_another() -> None:
    """Who was seen to drive up to a place seen empty is another vehicle, and has its own stay."""
    street = Street()
    street.comes(1)
    street.plays(65)
    street.comes(2, ELSEWHERE, moving=True)
    street.plays(5)
    street.moves(1, ELSEWHERE)
    street.plays(2)
    street.changes(2, box=SPOT)
    street.stands(2)
    street.plays(70)
    assert street.facts == ["opened", "case", "departed", "opened", "case"]
    assert len({case["case"] for case in street.said("case")}) == 2


def test_place_taken_by_one_who_was_noticed_late() -> None:
    """A vehicle that was seen to leave does not lend its time to the next, even if that is first seen standing."""
    street = Street()
    street.comes(1)
    street.plays(50)
    street.leaves(1)
    street.plays(3)
    street.comes(2)
    street.plays(55)
    assert street.facts == ["opened", "departed", "opened"]


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


def test_restart_in_mid_stay() -> None:
    """After a restart with new names the same car goes on with the same stay, the time without eyes included."""
    for played in (5, 30, 59):
        street = Street()
        street.comes(1)
        street.plays(played)
        street.restarts(20)
        street.plays(100)
        assert street.facts == ["opened", "case"]
        assert 60 <= street.said("case")[0]["dwell_s"] <= 80
        street.leaves(101)
        street.plays(10)
        assert street.facts == ["opened", "case", "departed"]


def test_restart_after_the_case() -> None:
    """A case that is out stays the only one through any number of restarts."""
    street = Street()
    street.comes(1)
    street.plays(70)
    for _ in range(3):
        street.restarts(600)
        street.plays(100)
    assert street.facts == ["opened", "case"]


def test_restart_too_long() -> None:
    """After a longer outage than may be bridged nobody can tell whether it is the same car: no case comes of it."""
    street = Street()
    street.comes(1)
    street.plays(30)
    street.restarts(400)
    street.plays(200)
    assert street.facts == ["opened", "departed"]
    assert street.said("departed")[0]["dwell_s"] <= 30


def test_left_during_the_restart() -> None:
    """A car that is gone after a restart is told departed once the camera has looked; the gap is no dwell."""
    street = Street()
    street.comes(1)
    street.plays(30)
    street.vanishes(1)
    street.restarts(50)
    street.plays(7)
    assert street.facts == ["opened"]
    street.plays(5)
    assert street.facts == ["opened", "departed"]
    assert 25 <= street.said("departed")[0]["dwell_s"] <= 30


def test_names_begin_anew() -> None:
    """A new worker counts its tracks from one again: the same number is not the same vehicle."""
    street = Street()
    street.comes(1)
    street.plays(30)
    street.restarts(20)
    street.vanishes(101)
    street.comes(1, shifted_box(SPOT, right=1.2), arrived=False)
    street.plays(100)
    assert street.facts == ["opened", "departed"]


def test_camera_lost() -> None:
    """While the camera is away stays are held; when it is back they go on, or end after it has looked for a while."""
    for back in (True, False):
        street = Street()
        street.comes(1)
        street.plays(30)
        street.camera(online=False)
        street.passes(100)
        street.ticks()
        assert street.facts == ["opened"]
        street.camera(online=True)
        if not back:
            street.vanishes(1)
        street.plays(30)
        assert street.facts == (["opened", "case"] if back else ["opened", "departed"])


def test_camera_lost_while_the_place_looked_empty() -> None:
    """What was seen before the camera was lost does not add to what it sees when it is back."""
    street = Street()
    street.comes(1)
    street.plays(30)
    street.vanishes(1)
    street.plays(5)
    assert street.camera(online=False)
    assert not street.camera(online=False)
    street.passes(60)
    assert street.camera(online=True)
    assert not street.camera(online=True)
    street.plays(7)
    assert street.facts == ["opened"]
    street.plays(3)
    assert street.facts == ["opened", "departed"]


def test_agent_held_up_while_the_place_looked_empty() -> None:
    """Time in which nothing at all came through to the role is no silence of the camera."""
    street = Street()
    street.comes(1)
    street.plays(30)
    street.vanishes(1)
    street.plays(2)
    street.passes(60)
    street.ticks()
    street.comes(2)
    street.plays(60)
    assert street.facts == ["opened", "case"]


def test_hidden_while_it_was_missed() -> None:
    """A bus before a place that just looked empty stops the silence, but does not count as looking."""
    street = Street()
    street.comes(1)
    street.plays(30)
    street.vanishes(1)
    street.plays(5)
    street.comes(9, BUS, moving=True, kind=Kind.BUS)
    street.plays(60)
    street.vanishes(9)
    street.comes(2)
    street.plays(5)
    assert street.facts == ["opened", "case"]


def test_silent_night() -> None:
    """Vision says nothing of an empty street; a car that was the only one there is told departed all the same."""
    street = Street()
    street.comes(1)
    street.plays(30)
    street.moves(1, ELSEWHERE)
    street.plays(1)
    street.changes(1, seen=False)
    street.plays(1)
    street.vanishes(1)
    street.plays(3)
    assert street.facts == ["opened", "departed"]


def test_clock_unset() -> None:
    """Without a clock nothing is said, but time is counted; once it is set the case comes with true dates."""
    street = Street()
    street.jumps(-NINETEEN_YEARS_S, ClockQuality.UNSET)
    street.ticks()
    street.plays(3)
    street.comes(1)
    street.plays(40)
    assert (street.facts, street.kept) == ([], [])
    street.jumps(NINETEEN_YEARS_S)
    street.ticks()
    street.plays(40)
    assert street.facts == ["opened", "case"]
    assert street.said("case")[0]["first_seen"].startswith("2025-06-17T04:00:0")
    assert 60 <= street.said("case")[0]["dwell_s"] <= 62


NINETEEN_YEARS_S = 600_000_000.0


def test_reboot_without_a_clock() -> None:
    """A stay found again by a clock that lost its date goes on, and comes back to true dates when the clock does."""
    street = Street()
    street.comes(1)
    street.plays(30)
    street.jumps(-NINETEEN_YEARS_S, ClockQuality.UNSET)
    street.restarts(20, reboot=True)
    street.plays(10)
    assert street.facts == ["opened"]
    street.jumps(NINETEEN_YEARS_S)
    street.plays(50)
    assert street.facts == ["opened", "case"]
    case = street.said("case")[0]
    assert case["case"] == street.said("opened")[0]["case"]
    assert case["first_seen"].startswith("2025-06-17T04:00:")


def test_reboot_without_a_clock_and_the_car_gone() -> None:
    """A departure is told by whatever clock there is, with the dates of the good one."""
    street = Street()
    street.comes(1)
    street.plays(30)
    street.vanishes(1)
    street.jumps(-NINETEEN_YEARS_S, ClockQuality.UNSET)
    street.restarts(20, reboot=True)
    street.plays(4)
    street.jumps(NINETEEN_YEARS_S)
    street.plays(20)
    assert street.facts == ["opened", "departed"]
    assert street.said("departed")[0]["last_seen"].startswith("2025-06-17T04:00:")


def test_clock_set_in_mid_stay() -> None:
    """A clock that is set by an hour, either way, neither makes a case nor takes one away."""
    for hours in (1, -1):
        street = Street()
        street.comes(1)
        street.plays(25)
        stale = street.sighting("east")
        street.jumps(hours * 3600)
        street.passes(0.1)
        street.ticks()
        street.happens(Seen(street.now, stale))
        assert street.facts == ["opened"]
        street.plays(60)
        assert street.facts == ["opened", "case"]
        case = street.said("case")[0]
        assert 60 <= case["dwell_s"] <= 65
        assert all(one["taken_at"] >= case["first_seen"] for one in case["photographs"])


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


def test_two_cars_at_the_beginning_of_the_hours() -> None:
    """Cars that stand when the zone comes into force count from then on, each by its own name."""
    street = Street(settings_of({"hours": [{"days": ["tue"], "from": "12:10", "to": "12:20"}]}))
    street.comes(1)
    street.comes(2, shifted_box(SPOT, right=1.2))
    street.plays(599)
    assert street.facts == []
    street.plays(80)
    assert sorted(street.facts) == ["case", "case", "opened", "opened"]
    assert len({case["case"] for case in street.said("case")}) == 2
    assert all(case["dwell_s"] <= 62 for case in street.said("case"))


def test_end_of_the_hours() -> None:
    """A stay that has not become a case ends with the zone's hours, and one that has is watched until it leaves."""
    hours = [{"from": "12:00", "to": "12:02"}]
    street = Street(settings_of({"hours": hours}))
    street.comes(1)
    street.plays(80)
    street.comes(2, shifted_box(SPOT, right=1.2))
    street.plays(100)
    assert street.facts == ["opened", "case", "opened", "departed"]
    street.leaves(1)
    street.plays(10)
    assert street.said("departed")[-1]["completed"] is True


def test_exempt_and_foreign_kinds() -> None:
    """Kinds that are exempt in the zone, or do not count at all, may stay."""
    street = Street(settings_of({"exempt": ["bus"]}))
    street.comes(1, kind=Kind.BUS)
    street.comes(2, shifted_box(SPOT, right=1.2), kind=Kind.PERSON)
    street.plays(200)
    assert street.facts == []


def test_wheel_over_the_line() -> None:
    """A vehicle beside the zone does not count, nor one of whose ground only a little lies inside."""
    for box in (ELSEWHERE, shifted_box(SPOT, right=-1.2), Box(0.25, 0.08, 0.45, 0.32)):
        street = Street()
        street.comes(1, box)
        street.plays(100)
        assert street.facts == []


def test_two_zones_and_two_cameras() -> None:
    """Each camera and zone has its own stays; a car in two zones of a camera counts in the first."""
    both = settings_of({}, {"name": "gate-too"}, {"name": "west-side", "camera": "west"})
    street = Street(both)
    street.cameras = ["east", "west"]
    street.comes(1)
    street.plays(70)
    assert sorted(case["zone"] for case in street.said("case")) == ["gate", "west-side"]
    street.vanishes(1)
    street.plays(5)
    street.camera(online=False)
    street.plays(20)
    assert [departed["zone"] for departed in street.said("departed")] == ["west-side"]
    street.camera(online=True)
    street.plays(10)
    assert [departed["zone"] for departed in street.said("departed")] == ["west-side", "gate"]


def test_zone_taken_out_of_the_settings() -> None:
    """What was opened in a zone that is no more is told departed; what was not, is forgotten."""
    street = Street(settings_of({}, {"name": "other", "polygon": [(0, 0), (0.25, 0), (0.25, 0.25), (0, 0.25)]}))
    street.comes(1)
    street.plays(30)
    street.comes(2, ELSEWHERE)
    street.plays(3)
    street.settings = settings_of({"name": "new"})
    street.restarts(5)
    assert (street.facts, street.state.stays) == (["opened", "departed"], ())


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


def test_before_the_agent_told_its_name() -> None:
    """Without the device's name nothing can be told apart, so nothing is looked at."""
    street = Street()
    street.state = type(street.state)()
    street.comes(1)
    street.plays(100)
    assert (street.facts, street.state.stays, street.ticks()) == ([], (), False)
