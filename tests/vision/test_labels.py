# SPDX-License-Identifier: Apache-2.0
"""Where labels lie on films: on no other one, beside what is to be seen, and where they lay before."""

from hypothesis import given
from hypothesis import strategies as some

from edge.vision.labels import Label, Laid, Layout, Patch, beside, extent

WIDE, HIGH, SIZE = 640, 360, 20
RED = (0, 0, 255)


def label(text: str, seen: Patch, *, needed: bool = False) -> Label:
    return Label(text, text, RED, SIZE, beside(seen, extent(text, SIZE)), needed=needed)


def lay(*labels: Label, seen: tuple[Patch, ...] = (), layout: Layout | None = None) -> list[Laid]:
    return (layout or Layout()).lay(labels, WIDE, HIGH, seen)


patches = some.builds(
    lambda left, top, wide, high: Patch(left, top, left + wide, top + high),
    some.integers(0, WIDE - 5),
    some.integers(0, HIGH - 5),
    some.integers(5, 200),
    some.integers(5, 200),
)


@given(some.lists(patches, max_size=12))
def test_no_label_covers_another(seen: list[Patch]) -> None:
    """However crowded a picture is: who finds no place is left out, and whoever is laid lies on the picture."""
    laid = lay(*(label(f"car {number}", one, needed=True) for number, one in enumerate(seen)), seen=tuple(seen))
    for number, one in enumerate(laid):
        assert 0 <= one.patch.left < one.patch.right <= WIDE
        assert 0 <= one.patch.top < one.patch.bottom <= HIGH
        assert not any(one.patch.common(other.patch) for other in laid[:number])


def test_a_label_keeps_off_what_is_to_be_seen() -> None:
    """Where another vehicle stands above, the label goes below its own."""
    own, above = Patch(100, 100, 200, 160), Patch(90, 60, 240, 99)
    (laid,) = lay(label("car 1", own), seen=(own, above))
    assert not laid.patch.common(above)
    assert not laid.patch.common(own)


def test_a_label_stays_where_it_lay() -> None:
    """Somebody who passes behind a label makes it go away; that he has passed does not make it jump back at once."""
    layout, own, passing = Layout(), Patch(100, 100, 200, 160), Patch(90, 60, 240, 99)
    (first,) = lay(label("car 1", own), seen=(own,), layout=layout)
    (moved,) = lay(label("car 1", own), seen=(own, passing), layout=layout)
    (after,) = lay(label("car 1", own), seen=(own,), layout=layout)
    assert moved.patch != first.patch
    assert after.patch == moved.patch


def test_only_who_is_needed_covers_what_is_to_be_seen() -> None:
    """Where vehicles are everywhere, a name of one that drives is left out, the time of one that stands is not."""
    everything = Patch(0, 0, WIDE, HIGH)
    own = Patch(100, 100, 200, 160)
    assert lay(label("car 1", own), seen=(everything,)) == []
    assert len(lay(label("car 1  0:45", own, needed=True), seen=(everything,))) == 1
