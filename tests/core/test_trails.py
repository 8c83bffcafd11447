# SPDX-License-Identifier: Apache-2.0
"""Trails: who is still the same under another name, and who is somebody else."""

from dataclasses import replace

import pytest

from edge.core.geometry import Box
from edge.core.tracks import Kind, Sighting, Track
from edge.core.trails import Trail, met, there

SECOND = 1_000_000


def track(name: int, x: float, at_s: float, *, kind: Kind = Kind.CAR, size: float = 0.1, seen: bool = True) -> Track:
    """A track that was born now, its foot at x."""
    box = Box(x - size / 2, 0.5 - 0.9 * size, x + size / 2, 0.5 + 0.1 * size)
    at_us = round(at_s * SECOND)
    return Track(name, kind, 0.9, box, at_us, at_us, seen, True, None)


def look(at_s: float, *tracks: Track) -> Sighting:
    """A sighting."""
    return Sighting("east", round(at_s * SECOND), tracks)


def trail(pace: float = 0.1) -> Trail:
    """A car that was lost at 0.3 after a second at that pace."""
    first = Trail.of(track(1, 0.3 - pace, 0), 0)
    return first.onward(track(1, 0.3, 1), SECOND)


def test_a_trail_goes_on_under_its_own_name() -> None:
    """A look at the same track is the same trail, at the pace it had."""
    own = replace(track(1, 0.4, 0.5), first_us=0)
    found = met([trail()], look(2, own))
    assert found.seen == ((own, trail()),)
    onward = trail().onward(own, 2 * SECOND)
    assert onward.pace[0] == pytest.approx(0.075)
    assert onward.onward(own, 2 * SECOND).pace == onward.pace
    assert onward.expected(3 * SECOND).x == pytest.approx(0.475)


@pytest.mark.parametrize(
    ("new", "same"),
    [
        (track(2, 0.32, 2), True),
        (track(2, 0.36, 2, kind=Kind.TRUCK), True),
        (track(2, 0.6, 2), False),
        (track(2, 0.35, 2, size=0.2), False),
        (track(2, 0.35, 2, kind=Kind.PERSON), False),
        (track(2, 0.35, 0.5), False),
        (track(1, 0.9, 3), False),
    ],
    ids=["near", "a kind mixed up", "far", "too large", "a person", "born before", "the name of another"],
)
def test_an_heir_appears_where_the_lost_one_would_be(new: Track, same: bool) -> None:
    """By place, size, kind and time of birth; half the pace is believed after one step."""
    found = met([trail()], look(2, new))
    assert (found.seen[0][1] is not None) == same
    assert len(found.missing) == (0 if same else 1)


def test_of_two_who_were_lost_the_nearer_is_inherited() -> None:
    """One trail has one heir."""
    near, far = trail(0.0), replace(trail(0.0), id=7, box=track(7, 0.36, 0).box)
    found = met([far, near], look(2, track(2, 0.31, 2), track(3, 0.35, 2)))
    assert [one.id for _, one in found.seen if one] == [1, 7]


def test_who_is_not_found_again_is_gone() -> None:
    """After three seconds, unless his track is still held by vision."""
    assert met([trail()], look(4.1)).gone == (trail(),)
    assert met([trail()], look(60, track(1, 0.3, 1, seen=False))).missing == (trail(),)


def test_a_hidden_one_is_there_for_a_moment() -> None:
    """Only who stood, away from the edge, and not for long."""
    hidden = replace(track(1, 0.3, 1, seen=False), still_since_us=0)
    assert there(hidden, 5 * SECOND)
    assert not there(hidden, 7 * SECOND)
    assert not there(replace(hidden, still_since_us=None), 2 * SECOND)
    assert not there(replace(hidden, box=Box(0.9, 0.4, 1.0, 0.5)), 2 * SECOND)
