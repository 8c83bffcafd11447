# SPDX-License-Identifier: Apache-2.0
from datetime import UTC, datetime, timedelta, timezone

import pytest

from edge.contract.export import (
    Contents,
    ExportError,
    FrameHead,
    LaneExport,
    export_name,
    pack_frame,
    read_header,
    unpack_frame,
)
from edge.contract.words import Lane


def frame(first: int, last: int, rows: int | None = None, lane: Lane = Lane.RECORD) -> FrameHead:
    return FrameHead(lane=lane, first=first, last=last, rows=rows or last - first + 1)


def test_a_frame_comes_apart_as_it_was_put_together() -> None:
    """The payload is bytes like any: a line's end in it is not taken for the end of the head."""
    head, payload = frame(1, 3), b"x\ny\n\x78"
    assert unpack_frame(pack_frame(head, payload)) == (head, payload)


@pytest.mark.parametrize("raw", [b"", b"{}\nx", b"no json\n", b'{"lane":"record","first":0,"last":1,"rows":1}\n'])
def test_a_frame_that_does_not_say_what_it_carries(raw: bytes) -> None:
    """Nothing is made of it."""
    with pytest.raises(ExportError, match="does not say what it carries"):
        unpack_frame(raw)


@pytest.mark.parametrize("raw", [b"", b"{}", b'{"device":"A"}'])
def test_a_header_that_is_none(raw: bytes) -> None:
    """Nothing is made of it either."""
    with pytest.raises(ExportError, match="header"):
        read_header(raw)


def test_contents_are_counted_by_lane() -> None:
    """Frames of a lane follow each other; gaps between them are rows that were gone already."""
    contents = Contents()
    for head in (frame(1, 5), frame(1, 2, lane=Lane.BLOB), frame(8, 9), frame(20, 29, rows=4)):
        contents.add(head)
    assert contents.lanes == {
        Lane.RECORD: LaneExport(first=1, last=29, rows=11),
        Lane.BLOB: LaneExport(first=1, last=2, rows=2),
    }
    assert (contents.frames, contents.rows) == (4, 13)


@pytest.mark.parametrize("odd", [frame(5, 6), frame(6, 9, rows=5), frame(9, 8, rows=1)])
def test_contents_refuse_what_cannot_follow(odd: FrameHead) -> None:
    """Sequences only rise, and no range holds more rows than numbers."""
    contents = Contents()
    contents.add(frame(1, 5))
    with pytest.raises(ExportError, match="cannot stand here"):
        contents.add(odd)


def test_the_name_tells_whose_and_when() -> None:
    """In UTC, whatever the device's own zone."""
    noon = datetime(2026, 11, 24, 20, 0, tzinfo=timezone(timedelta(hours=8)))
    assert export_name("pole-1", "e1", noon) == "pole-1-e1-20261124T120000Z.dtx"
    assert export_name("pole-1", "e1", noon.astimezone(UTC)) == "pole-1-e1-20261124T120000Z.dtx"
