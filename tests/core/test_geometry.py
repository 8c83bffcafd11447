# SPDX-License-Identifier: Apache-2.0
"""Shapes: what overlaps, what lies inside, and which outlines a zone may have."""

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from edge.core.geometry import Box, Point, Polygon

part = st.integers(0, 64).map(lambda count: count / 64)
points = st.builds(Point, part, part)


@st.composite
def boxes(draw: st.DrawFn) -> Box:
    """A box that covers something."""
    left, right = sorted(draw(st.lists(part, min_size=2, max_size=2, unique=True)))
    top, bottom = sorted(draw(st.lists(part, min_size=2, max_size=2, unique=True)))
    return Box(left, top, right, bottom)


def outline(box: Box) -> Polygon:
    """A box as a polygon."""
    return Polygon.of(
        [(box.left, box.top), (box.right, box.top), (box.right, box.bottom), (box.left, box.bottom)],
    )


SQUARE = Polygon.of([(0, 0), (1, 0), (1, 1), (0, 1)])
HORSESHOE = Polygon.of([(0, 0), (1, 0), (1, 1), (0.75, 1), (0.75, 0.25), (0.25, 0.25), (0.25, 1), (0, 1)])


def test_a_box_knows_its_middle_and_its_foot() -> None:
    """The foot lies in the lower part, where the tyres are; the ground is the lower third."""
    box = Box(0.2, 0.1, 0.4, 0.7)
    assert (box.centre.x, box.centre.y) == pytest.approx((0.3, 0.4))
    assert (box.foot.x, box.foot.y) == pytest.approx((0.3, 0.64))
    assert (box.ground.left, box.ground.top, box.ground.right, box.ground.bottom) == pytest.approx((0.2, 0.5, 0.4, 0.7))


@given(one=boxes(), other=boxes())
def test_a_step_leads_from_foot_to_foot(one: Box, other: Box) -> None:
    """To the right and down, as the two feet lie."""
    across, down = one.step_to(other)
    assert (one.foot.x + across, one.foot.y + down) == pytest.approx((other.foot.x, other.foot.y), abs=1e-9)


def test_an_inside_out_box_covers_nothing() -> None:
    """A detector's nonsense has no extent, shares nothing and divides by nothing."""
    box = Box(0.5, 0.5, 0.4, 0.4)
    assert (box.width, box.height, box.area, box.iou(box), box.covered_by(box)) == (0, 0, 0, 0, 0)
    assert SQUARE.share_of(box) == 0


@given(one=boxes(), other=boxes())
def test_overlap_is_mutual(one: Box, other: Box) -> None:
    """What two boxes share is the same from both sides and never more than either."""
    assert one.overlap(other) == other.overlap(one)
    assert one.iou(other) == other.iou(one)
    assert 0 <= one.iou(other) <= one.covered_by(other) <= 1


@given(box=boxes())
def test_a_box_is_itself(box: Box) -> None:
    """A box overlaps itself wholly."""
    assert (box.iou(box), box.covered_by(box)) == (1, 1)


@given(zone=boxes(), point=points)
def test_a_polygon_holds_what_its_box_holds(zone: Box, point: Point) -> None:
    """Off the edges, the even-odd rule agrees with comparing coordinates."""
    assume(point.x not in {zone.left, zone.right} and point.y not in {zone.top, zone.bottom})
    inside = zone.left < point.x < zone.right and zone.top < point.y < zone.bottom
    assert outline(zone).holds(point) == inside


@given(zone=boxes(), box=boxes())
def test_the_share_of_a_box_in_a_rectangle(zone: Box, box: Box) -> None:
    """For a rectangular zone the share is what two boxes have in common."""
    assert outline(zone).share_of(box) == pytest.approx(box.covered_by(zone))


@given(box=boxes(), corners=st.lists(points, min_size=3, max_size=6, unique=True))
def test_the_shares_of_two_halves(box: Box, corners: list[Point]) -> None:
    """A box cut in two lies inside as far as its halves do, whatever plain outline the zone has."""
    zone = Polygon(tuple(corners))
    assume(zone.simple)
    middle = box.centre.x
    halves = Box(box.left, box.top, middle, box.bottom), Box(middle, box.top, box.right, box.bottom)
    assert zone.share_of(box) == pytest.approx(sum(zone.share_of(half) for half in halves) / 2, abs=1e-9)
    assert 0 <= zone.share_of(box) <= 1


def test_a_horseshoe_leaves_its_middle_out() -> None:
    """A zone may bend around a place that does not belong to it, even if a box is cut into two parts."""
    assert HORSESHOE.simple
    assert pytest.approx(0.625) == HORSESHOE.area
    assert HORSESHOE.share_of(Box(0, 0.5, 1, 1)) == pytest.approx(0.5)
    assert HORSESHOE.share_of(Box(0.3, 0.3, 0.7, 1)) == 0
    assert not HORSESHOE.holds(Point(0.5, 0.5))


@given(corners=st.lists(points, min_size=3, max_size=6), turn=st.integers(0, 5))
def test_where_an_outline_begins_does_not_matter(corners: list[Point], turn: int) -> None:
    """Any corner may be the first and either way round may be taken."""
    turned = tuple(corners[turn:] + corners[:turn])
    assert Polygon(turned).simple == Polygon(tuple(corners)).simple == Polygon(turned[::-1]).simple
    assert Polygon(turned[::-1]).area == pytest.approx(Polygon(tuple(corners)).area)


@pytest.mark.parametrize(
    "corners",
    [
        pytest.param([(0, 0), (1, 1), (1, 0), (0, 1)], id="bow-tie"),
        pytest.param([(0, 0), (1, 0), (0.5, 0), (0.5, 1)], id="runs back over itself"),
        pytest.param([(0, 0), (0.5, 0.5), (1, 0), (1, 1), (0.5, 0.5), (0, 1)], id="touches itself in a corner"),
        pytest.param([(0, 0), (1, 0), (1, 1), (0.5, 0), (0, 1)], id="corner on an edge"),
        pytest.param([(0, 0), (1, 0), (1, 1), (0, 0)], id="closed by hand"),
    ],
)
def test_outlines_that_are_no_zone(corners: list[tuple[float, float]]) -> None:
    """An outline that crosses, touches or repeats itself has no clear inside."""
    assert not Polygon.of(corners).simple
