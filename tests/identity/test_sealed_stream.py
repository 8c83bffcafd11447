# SPDX-License-Identifier: Apache-2.0
import hashlib
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edge.identity.sealed_stream import SealedReader, SealedWriter, StreamCutShortError, StreamError

MAGIC = b"test/1\n"
KEY = bytes(range(32))
FRAMES = st.lists(st.binary(max_size=200), min_size=1, max_size=8)


def written(header: bytes, frames: list[bytes]) -> bytes:
    out = io.BytesIO()
    stream = SealedWriter(out, MAGIC, header, KEY)
    for frame in frames[:-1]:
        stream.write(frame)
    stream.write(frames[-1], last=True)
    return out.getvalue()


def read(data: bytes, key: bytes = KEY) -> tuple[bytes, list[bytes]]:
    stream = SealedReader(io.BytesIO(data), MAGIC, 1000, 200)
    return stream.header, [frame for frame, _ in stream.frames(key)]


@given(header=st.binary(max_size=50), frames=FRAMES)
def test_what_goes_in_comes_out(header: bytes, frames: list[bytes]) -> None:
    """Header and frames, empty ones too, as often as they are read."""
    data = written(header, frames)
    assert read(data) == (header, frames)
    stream = SealedReader(io.BytesIO(data), MAGIC, 1000, 200)
    assert list(stream.frames(KEY)) == list(stream.frames(KEY))


def test_writer_and_reader_agree_on_the_hash() -> None:
    """Before the last frame is written, the hash is that which the reader comes to: so it can be signed in it."""
    out = io.BytesIO()
    writer = SealedWriter(out, MAGIC, b"h", KEY)
    writer.write(b"one")
    digest = writer.digest
    assert digest == hashlib.sha256(out.getvalue()).hexdigest()
    writer.write(digest.encode(), last=True)
    reader = SealedReader(out, MAGIC, 1000, 200)
    assert list(reader.frames(KEY))[-1] == (digest.encode(), True)
    assert reader.digest == digest


@given(header=st.binary(max_size=50), frames=FRAMES, data=st.data())
def test_no_byte_can_be_another(header: bytes, frames: list[bytes], data: st.DataObject) -> None:
    """Wherever one is changed, reading ends in an error and never in other frames."""
    whole = bytearray(written(header, frames))
    whole[data.draw(st.integers(0, len(whole) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(StreamError):
        read(bytes(whole))


@given(header=st.binary(max_size=50), frames=FRAMES, data=st.data())
def test_the_beginning_is_not_the_whole(header: bytes, frames: list[bytes], data: st.DataObject) -> None:
    """Cut at any byte behind the first words, the stream is known to be too short."""
    whole = written(header, frames)
    with pytest.raises(StreamCutShortError):
        read(whole[: data.draw(st.integers(len(MAGIC), len(whole) - 1))])


@given(frames=FRAMES)
def test_another_key_opens_nothing(frames: list[bytes]) -> None:
    """Not even the first frame."""
    with pytest.raises(StreamError):
        read(written(b"h", frames), bytes(32))


@given(ours=FRAMES, theirs=FRAMES)
def test_frames_of_another_file_do_not_fit(ours: list[bytes], theirs: list[bytes]) -> None:
    """Under the same key and at the same place, the header still tells one file from another."""
    one, two = written(b"one", ours), written(b"two", theirs)
    with pytest.raises(StreamError):
        read(one[: len(MAGIC) + 4 + 3] + two[len(MAGIC) + 4 + 3 :])
