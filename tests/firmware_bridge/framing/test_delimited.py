# SPDX-License-Identifier: Apache-2.0
from hypothesis import given
from hypothesis import strategies as st

from firmware_bridge.framing.delimited import Overlong, Piece, Splitter
from firmware_bridge.framing.lines import LineJoiner

PORTIONS = st.lists(st.binary(max_size=12), max_size=12)
FEW_BYTES = st.lists(st.sampled_from([b"a", b"bc", b"\n", b"\r", b"\r\n", b"longer than eight"]), max_size=20)


@given(st.one_of(PORTIONS, FEW_BYTES))
def test_portions_do_not_matter(portions: list[bytes]) -> None:
    """However a stream is cut on its way, the pieces are those of the whole."""
    whole, cut = Splitter(b"\r\n", 8), Splitter(b"\r\n", 8)
    expected = whole.feed(b"".join(portions))
    assert tuple(piece for portion in portions for piece in cut.feed(portion)) == expected


@given(st.one_of(PORTIONS, FEW_BYTES))
def test_no_byte_goes_unaccounted(portions: list[bytes]) -> None:
    """Pieces, reported drops and delimiters add up to what came in."""
    stream = b"".join(portions) + b"\n"
    total = 0
    for piece in Splitter(b"\r\n", 8).feed(stream):
        total += piece.dropped_bytes if isinstance(piece, Overlong) else len(piece.data)
    assert total == len(stream) - stream.count(b"\r") - stream.count(b"\n")


def test_peer_that_never_ends_a_piece_costs_no_memory() -> None:
    """A babbling device fills the cap, not the machine, and the next delimiter sets things right."""
    splitter = Splitter(b"\n", 100)
    for _portion in range(1000):
        assert splitter.feed(b"x" * 64) == ()
        assert splitter.held_bytes <= 100
    assert splitter.feed(b"\nok\n") == (Overlong(64_000), Piece(b"ok"))


def test_longest_allowed_piece_passes() -> None:
    """The cap is the length of the longest piece that still passes."""
    assert Splitter(b"\n", 4).feed(b"four\nfive5\n") == (Piece(b"four"), Overlong(5))


def test_delimiters_are_bytes_not_a_pattern() -> None:
    """Bytes that mean something inside a pattern's brackets are taken literally."""
    assert Splitter(b"^]-\\", 9).feed(b"a^b]c-d\\e") == (Piece(b"a"), Piece(b"b"), Piece(b"c"), Piece(b"d"))


def test_lines_may_end_in_cr_lf_or_both() -> None:
    """Scanners end with CR, receivers with CR LF, programmes with LF, and none makes empty lines."""
    lines = LineJoiner(32)
    assert lines.feed(b"6901\r$GPGGA\r\nhel") == (Piece(b"6901"), Piece(b"$GPGGA"))
    assert lines.feed(b"lo\n") == (Piece(b"hello"),)


def test_reset_forgets_half_a_line() -> None:
    """Half a line from before a port was opened anew is not glued to what comes after."""
    lines = LineJoiner(32)
    lines.feed(b"half of an old li")
    lines.reset()
    assert lines.feed(b"new\n") == (Piece(b"new"),)
