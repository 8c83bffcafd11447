# SPDX-License-Identifier: Apache-2.0
"""The words between worker and agent survive the way, and nothing else is taken for one."""

import json
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.contract.problems import Problem, ProblemError
from edge.core.geometry import Box
from edge.core.tracks import Kind, PictureRef, Sighting, Track
from edge.vision.lines import MAX_LINE_BYTES, Back, Ended, Heartbeat, Line, Lost, Saw, decode, encode

FLOATS = st.floats(allow_nan=False, allow_infinity=False)
INSTANTS = st.integers(0, 2**60)
PICTURES = st.builds(PictureRef, st.from_regex(r"[0-9a-f]{64}", fullmatch=True), INSTANTS, st.text(), INSTANTS)
TRACKS = st.builds(
    Track,
    INSTANTS,
    st.sampled_from(Kind),
    FLOATS,
    st.builds(Box, FLOATS, FLOATS, FLOATS, FLOATS),
    INSTANTS,
    INSTANTS,
    st.booleans(),
    st.booleans(),
    st.none() | INSTANTS,
    st.none() | PICTURES,
)
SIGHTINGS = st.builds(Sighting, st.text(), INSTANTS, st.lists(TRACKS, max_size=5).map(tuple), st.none() | PICTURES)
PROBLEMS = st.builds(
    Problem, code=st.just("vision-died"), detail=st.dictionaries(st.text(), st.none() | st.text() | st.integers())
)
COUNTS = st.integers(0, 2**53)
LINES: st.SearchStrategy[Line] = st.one_of(
    st.builds(Saw, sighting=SIGHTINGS),
    st.builds(Lost, problem=PROBLEMS),
    st.builds(Back),
    st.builds(
        Heartbeat,
        frames=COUNTS,
        dropped=COUNTS,
        tracks=COUNTS,
        stage_ms=st.dictionaries(st.text(), FLOATS),
        problem=st.none() | PROBLEMS,
    ),
    st.builds(Ended, problem=st.none() | PROBLEMS),
)


@given(line=LINES)
def test_round_trip(line: Line) -> None:
    """Whatever a worker can say arrives as it was said, in exactly one line."""
    raw = encode(line)
    assert raw.count(b"\n") == 1
    assert raw.endswith(b"\n")
    assert decode(raw) == line


@given(raw=st.binary(max_size=200))
def test_noise_is_refused_politely(raw: bytes) -> None:
    """Bytes that are no line raise the one expected problem and nothing else."""
    with pytest.raises(ProblemError) as refused:
        decode(raw)
    assert refused.value.problem.code == "vision-line-invalid"


@pytest.mark.parametrize(
    "change",
    [{"line": "song"}, {"more": 1}, {"frames": "1"}, {"frames": -1}, {"frames": 1.5}, {"dropped": None}],
    ids=["unknown", "extra", "text", "negative", "fraction", "missing"],
)
def test_strict(change: dict[str, object]) -> None:
    """No field is guessed, converted or left over."""
    said = json.loads(encode(Heartbeat(frames=1, dropped=0, tracks=0, stage_ms={})))
    with pytest.raises(ProblemError):
        decode(json.dumps(said | change).encode())


def test_capped() -> None:
    """A line beyond the limit is refused before it is parsed."""
    with pytest.raises(ProblemError, match="is the most"):
        decode(b" " * MAX_LINE_BYTES + b"{}")


def test_five_hundred_tracks_fit() -> None:
    """The most crowded picture fits into one line."""
    picture = PictureRef("f" * 64, 10**6, "image/jpeg", 2 * 10**15)
    box = Box(1 / 3, 1 / 7, 2 / 3, 5 / 7)
    track = Track(10**6, Kind.TWO_WHEELER, 1 / 3, box, 2 * 10**15, 2 * 10**15, True, False, 2 * 10**15, picture)
    assert len(encode(Saw(sighting=Sighting("camera", 2 * 10**15, (track,) * 500, picture)))) < MAX_LINE_BYTES


def test_agent_side_loads_no_native_code() -> None:
    """Lines, mailbox and watch can be imported by the agent for the price of the contract."""
    code = "import sys, edge.vision.watch; print({'cv2', 'numpy', 'onnxruntime'} & set(sys.modules))"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout == "set()\n"
