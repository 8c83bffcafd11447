# SPDX-License-Identifier: Apache-2.0
"""Words for what is seen: they travel through a pipe and a file, so they must survive both."""

import pickle
from dataclasses import replace

from pydantic import TypeAdapter

from edge.core.geometry import Box
from edge.core.tracks import VEHICLES, Kind, PictureRef, PlateRead, Sighting, SurfaceChange, Track, moved

SIGHTING = Sighting(
    "east",
    2,
    (Track(1, Kind.CAR, 0.5, Box(0, 0, 1, 1), 1, 2, True, False, None, PictureRef("0" * 64, 1, "image/jpeg", 2)),),
)


def test_a_sighting_survives_the_pipe() -> None:
    """The vision worker sends sightings pickled: what arrives equals what was sent."""
    assert pickle.loads(pickle.dumps(SIGHTING)) == SIGHTING  # noqa: S301  (our own bytes)


def test_a_sighting_survives_a_file() -> None:
    """Recorded sightings can be played again from JSON."""
    adapter = TypeAdapter(Sighting)
    assert adapter.validate_json(adapter.dump_json(SIGHTING)) == SIGHTING


def test_who_can_park() -> None:
    """Neither people nor two-wheelers nor what is not known count as vehicles that park."""
    assert {Kind.PERSON, Kind.TWO_WHEELER, Kind.OTHER} == set(Kind) - VEHICLES


def test_a_sighting_by_another_clock() -> None:
    """All its times move together, and moving back gives the same sighting."""
    still = Track(2, Kind.BUS, 0.5, Box(0, 0, 1, 1), 1, 2, seen=True, arrived=False, still_since_us=2)
    sighting = Sighting("east", 2, (*SIGHTING.tracks, still), PictureRef("1" * 64, 1, "image/jpeg", 2))
    later = moved(sighting, 100)
    assert (later.at_us, later.tracks[0].first_us, later.tracks[0].still_since_us) == (102, 101, None)
    assert (later.tracks[1].last_us, later.tracks[1].still_since_us) == (102, 102)
    assert [picture and picture.taken_us for picture in (later.scene, later.tracks[0].closeup)] == [102, 102]
    assert moved(later, -100) == sighting


def test_everything_moves_with_the_clock() -> None:
    """Plates, changes of a surface and the look before are put right together, pictures and all."""
    picture = PictureRef("1" * 64, 1, "image/jpeg", 7)
    plate = PlateRead("浙C12345", 0.98, "blue", 3, picture)
    change = SurfaceChange("road", Box(0, 0, 1, 1), 0.1, 5, picture)
    track = replace(SIGHTING.tracks[0], plate=plate)
    later = moved(replace(SIGHTING, tracks=(track,), changes=(change,), before_us=1), 10)
    assert later.before_us == 11
    assert later.changes == (replace(change, since_us=15, before=replace(picture, taken_us=17)),)
    assert later.tracks[0].plate == replace(plate, closeup=replace(picture, taken_us=17))
