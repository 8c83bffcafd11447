# SPDX-License-Identifier: Apache-2.0
"""The ground before a camera: metres from pictures, and which points a technician may give."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from edge.core.geometry import Point
from edge.core.ground import Ground, Metres, Pin, Pins, area_m2, fit_ground

CAMERA = Ground(((30.0, 4.0, -16.0), (1.0, -6.0, 12.0), (0.02, 1.2, -0.25)))
"""A camera that looks down a street; its horizon is near a quarter of the picture's height."""
PLACES = ((0.1, 0.5), (0.9, 0.5), (0.95, 0.95), (0.05, 0.9), (0.5, 0.7), (0.3, 0.6))


def pin(x: float, y: float, off_m: float = 0.0) -> Pin:
    """A true point, or one that is off by so much."""
    at = CAMERA.metres(Point(x, y))
    assert at is not None
    return Pin(picture=(x, y), metres=(at.x + off_m, at.y))


def exchanged() -> list[Pin]:
    """Four true points, two of which have each other's metres."""
    metres = [pin(*place).metres for place in PLACES]
    return [Pin(picture=PLACES[number], metres=metres[other]) for number, other in enumerate((1, 0, 2, 3))]


@pytest.mark.parametrize("count", [4, 5, 6])
@given(x=st.floats(0, 1), y=st.floats(0.4, 1))
def test_the_fit_finds_the_camera_again(count: int, x: float, y: float) -> None:
    """Exact points, four or more, give every place of the ground to a millimetre."""
    ground = fit_ground([pin(*place) for place in PLACES[:count]])
    here, true = ground.metres(Point(x, y)), CAMERA.metres(Point(x, y))
    assert here is not None
    assert true is not None
    assert here.to(true) < 0.001


def test_more_points_average_small_errors() -> None:
    """A tape measure is off by decimetres; the fit is then off by no more."""
    ground = fit_ground([pin(*place, off_m=0.2 * (-1) ** number) for number, place in enumerate(PLACES)])
    here, true = ground.metres(Point(0.5, 0.8)), CAMERA.metres(Point(0.5, 0.8))
    assert here is not None
    assert true is not None
    assert here.to(true) < 0.3


def test_nothing_lies_beyond_the_horizon() -> None:
    """Sky has no place on the ground, and an outline with a corner in it has none either."""
    ground = fit_ground([pin(*place) for place in PLACES])
    assert ground.metres(Point(0.5, 0.1)) is None
    assert ground.outline([(0.1, 0.9), (0.9, 0.9), (0.5, 0.1)]) is None
    assert ground.outline([(0.1, 0.9), (0.9, 0.9)]) is not None


def test_area_is_in_square_metres() -> None:
    """A rectangle of 4 m by 2.5 m has 10 m²."""
    assert area_m2([Metres(1, 1), Metres(5, 1), Metres(5, 3.5), Metres(1, 3.5)]) == pytest.approx(10)


@pytest.mark.parametrize(
    ("pins", "told"),
    [
        ([pin(*place) for place in PLACES[:3]], "do not say"),
        ([pin(0.1 + 0.2 * number, 0.5) for number in range(4)], "do not say"),
        ([pin(0.1 + 0.2 * number, 0.5 + 0.1 * number) for number in range(4)], "do not say"),
        ([pin(0.1, 0.5), pin(0.3, 0.6), pin(0.5, 0.7), pin(0.9, 0.5)], "do not say"),
        ([pin(0.1, 0.5), pin(0.1, 0.5), pin(0.9, 0.9), pin(0.1, 0.9)], "do not say"),
        ([*(pin(*place) for place in PLACES[:5]), pin(*PLACES[5], off_m=30)], "lies .* m from where"),
        (
            [
                Pin(picture=PLACES[number], metres=(pin(*PLACES[other]).metres))
                for number, other in enumerate((1, 0, 2, 3))
            ],
            "exchanged",
        ),
    ],
)
def test_points_that_say_nothing_are_refused(pins: list[Pin], told: str) -> None:
    """Too few, in a line, given twice, out of place or exchanged: each is told in words that help."""
    with pytest.raises(ValueError, match=told):
        fit_ground(pins)


def test_settings_name_the_key() -> None:
    """What is wrong with points in a configuration is told of their own key."""
    adapter = TypeAdapter(Pins)
    good = [pin(*place).model_dump() for place in PLACES]
    assert len(adapter.validate_python(good)) == len(PLACES)
    with pytest.raises(ValidationError, match="do not say"):
        adapter.validate_python([good[0]] * 4)
