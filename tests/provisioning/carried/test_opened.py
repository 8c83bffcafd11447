# SPDX-License-Identifier: Apache-2.0
import random
from base64 import urlsafe_b64encode
from collections.abc import Callable
from pathlib import Path

import pytest

from edge.contract.batch import decode_batch
from edge.contract.blobs import CHUNK_TYPE
from edge.contract.export import (
    MAGIC,
    SEALING_INFO,
    SIGNED_AS,
    ExportClaims,
    ExportHeader,
    FrameHead,
    LaneExport,
    pack_frame,
)
from edge.contract.problems import ProblemError
from edge.contract.words import Lane
from edge.identity.device_key import DeviceKey
from edge.identity.file_keystore import FileKeyStore
from edge.identity.sealed_stream import SealedWriter
from edge.identity.sealing import OpeningKey
from provisioning.carried.opened import Export, opened
from tests.provisioning.carried.exports import CREATED, Device

CHANGED = 400
CUT = 100


@pytest.fixture
def device(tmp_path: Path) -> Device:
    return Device.with_backlog(tmp_path / "device", 3, [b"picture" * 100], (Lane.RECORD, Lane.METRIC))


@pytest.fixture
def file(device: Device, tmp_path: Path) -> Path:
    path = tmp_path / "e.dtx"
    device.export(path)
    return path


def code_of(file: Path, opening: OpeningKey, use: Callable[[Export], object] = lambda _: None) -> str:
    with pytest.raises(ProblemError) as wrong, opened(file, opening) as export:
        use(export)
    return wrong.value.problem.code


def test_what_was_written_comes_out(device: Device, file: Path) -> None:
    """Each event once, in order, in the batches that the device would send, its pictures with their bytes."""
    with opened(file, device.opening) as export:
        export.believe(device.public)
        batches = list(export.batches())
        assert export.signer.kid == device.keys.kid
        assert export.rows == 3 + 1 + 3 + 1
    events = [event for batch in batches for event in decode_batch(batch.payload)]
    assert [(event.lane, event.seq) for event in events] == [
        *((Lane.RECORD, seq) for seq in (1, 2, 3, 4)),
        *((Lane.METRIC, seq) for seq in (1, 2, 3)),
        (Lane.BLOB, 1),
    ]
    assert events[-1].type == CHUNK_TYPE


def test_a_changed_byte_is_found(device: Device, file: Path, tmp_path: Path) -> None:
    """Whichever byte of the file is another one, nothing is delivered of it: first, last and between."""
    whole = file.read_bytes()
    chance = random.Random(8)
    places = {0, len(MAGIC), len(whole) - 1, *chance.choices(range(len(whole)), k=CHANGED)}
    assert len(places) >= 300
    changed = tmp_path / "changed.dtx"
    for place in places:
        data = bytearray(whole)
        data[place] ^= chance.randrange(1, 256)
        changed.write_bytes(data)
        told = code_of(changed, device.opening)
        expected = {"export-damaged", "export-foreign", "export-cut-short", "export-sealed-to-another"}
        assert told in expected, f"byte {place}: {told}"


def test_a_shortened_file_is_recognised_as_such(device: Device, file: Path, tmp_path: Path) -> None:
    """Cut anywhere, an export is the beginning of one and no export."""
    whole = file.read_bytes()
    short = tmp_path / "short.dtx"
    for size in random.Random(9).sample(range(len(MAGIC), len(whole)), CUT):
        short.write_bytes(whole[:size])
        assert code_of(short, device.opening) == "export-cut-short"
    short.write_bytes(whole[: len(MAGIC) // 2])
    assert code_of(short, device.opening) == "export-foreign"


def test_what_follows_the_end_is_found(device: Device, file: Path) -> None:
    """Not even one byte may stand behind what was signed."""
    file.write_bytes(file.read_bytes() + b"\0")
    assert code_of(file, device.opening) == "export-damaged"


def test_frames_keep_their_place(device: Device, file: Path) -> None:
    """Frames that are whole but swapped, doubled or left out are found."""
    whole = file.read_bytes()
    parts, at = [], len(MAGIC)
    while at < len(whole):
        size = 4 + int.from_bytes(whole[at : at + 4], "big")
        parts.append(whole[at : at + size])
        at += size
    header, one, two, *rest = parts
    for other in ([two, one, *rest], [one, one, two, *rest], [two, *rest], [one, *rest], [one, two]):
        file.write_bytes(b"".join([MAGIC, header, *other]))
        assert code_of(file, device.opening) in {"export-damaged", "export-cut-short"}


def test_another_hubs_key_opens_nothing(file: Path) -> None:
    """An export for one hub is told apart from a damaged one by whoever holds another key."""
    assert code_of(file, OpeningKey.make()) == "export-sealed-to-another"


def test_only_the_device_is_believed(device: Device, file: Path, tmp_path: Path) -> None:
    """Anybody can seal to the hub; that the device wrote it is shown by its key alone."""
    stranger = tmp_path / "stranger.pub.pem"
    stranger.write_bytes(FileKeyStore(tmp_path / "stranger").public_pem())
    believe: Callable[[Export], object] = lambda export: export.believe(DeviceKey.load(stranger))  # noqa: E731
    assert code_of(file, device.opening, believe) == "export-not-signed-by-device"


def test_a_certificate_of_another_device_is_not_enough(device: Device, file: Path) -> None:
    """The key may be right and yet vouch for somebody else: then the name on the file is a lie."""
    other = DeviceKey(device.public._jwk, "pole-2")
    assert code_of(file, device.opening, lambda export: export.believe(other)) == "export-not-signed-by-device"


def test_a_file_that_is_no_export(tmp_path: Path) -> None:
    """Another file, a folder and a file that is not there are named as what they are."""
    opening, other = OpeningKey.make(), tmp_path / "letter.txt"
    other.write_text("dear technician", "utf-8")
    assert code_of(other, opening) == "export-foreign"
    assert code_of(tmp_path, opening) == "export-unreadable"
    assert code_of(tmp_path / "none.dtx", opening) == "export-unreadable"


PLAIN = b'[{"source":"/devices/pole-1","id":"e1-state-1"}]'
GOOD = FrameHead(lane=Lane.STATE, first=1, last=1, rows=1)


@pytest.mark.parametrize(
    ("head", "payload", "lanes"),
    [
        (GOOD, b'[{"source":"/devices/pole-2","id":"e1-state-1"}]', {}),
        (GOOD, b'[{"source":"/devices/pole-1","id":"e2-state-1"}]', {}),
        (GOOD, b'[{"source":"/devices/pole-1","id":"e1-record-1"}]', {}),
        (GOOD, b"[]", {}),
        (GOOD, b"[1]", {}),
        (GOOD, b"[", {}),
        (GOOD, b"no batch", {}),
        (GOOD, b"[" * 200_000, {}),
        (GOOD.model_copy(update={"rows": 2, "last": 2}), PLAIN, {}),
        (GOOD, PLAIN, {Lane.STATE: LaneExport(first=1, last=2, rows=2)}),
    ],
)
def test_even_a_device_is_not_believed_everything(
    tmp_path: Path, head: FrameHead, payload: bytes, lanes: dict[Lane, LaneExport]
) -> None:
    """A file that is signed and whole, and whose insides contradict themselves, is refused before its first event."""
    opening, keys, path = OpeningKey.make(), FileKeyStore(tmp_path), tmp_path / "odd.dtx"
    odd_export(path, opening, keys, (head, payload), lanes or {Lane.STATE: LaneExport(first=1, last=1, rows=1)})
    assert code_of(path, opening) == "export-damaged"


def odd_export(
    path: Path, opening: OpeningKey, keys: FileKeyStore, frame: tuple[FrameHead, bytes], lanes: dict[Lane, LaneExport]
) -> None:
    """Write what no device of ours would."""
    key = bytes(32)
    sealed = urlsafe_b64encode(opening.public.seal(key, SEALING_INFO)).rstrip(b"=").decode()
    header = ExportHeader(device="pole-1", epoch="e1", created=CREATED, agent="0.1", kid=opening.kid, key=sealed)
    with path.open("wb") as file:
        stream = SealedWriter(file, MAGIC, header.model_dump_json().encode(), key)
        stream.write(pack_frame(*frame))
        claims = ExportClaims(
            device="pole-1", epoch="e1", created=CREATED, kid=opening.kid, frames=1, lanes=lanes, sha256=stream.digest
        )
        stream.write(keys.sign(claims.model_dump(mode="json"), SIGNED_AS).encode(), last=True)


def test_the_odd_export_is_good_but_for_its_oddity(tmp_path: Path) -> None:
    """What the refusals above are measured against opens."""
    opening, keys, path = OpeningKey.make(), FileKeyStore(tmp_path), tmp_path / "good.dtx"
    odd_export(path, opening, keys, (GOOD, PLAIN), {Lane.STATE: LaneExport(first=1, last=1, rows=1)})
    with opened(path, opening) as export:
        assert [batch.payload for batch in export.batches()] == [PLAIN]


def test_the_stick_is_exchanged_between_the_passes(device: Device, file: Path, tmp_path: Path) -> None:
    """What is delivered is read under the key of what was verified: another file in its place does not open."""
    other = tmp_path / "other.dtx"
    device.export(other)

    def exchanged(export: Export) -> None:
        file.write_bytes(other.read_bytes())
        list(export.batches())

    assert code_of(file, device.opening, exchanged) == "export-damaged"


def test_reading_needs_little_memory(device: Device, file: Path) -> None:
    """A frame that claims to be huge is refused before it is read."""
    data = bytearray(file.read_bytes())
    at = len(MAGIC) + 4 + int.from_bytes(data[len(MAGIC) : len(MAGIC) + 4], "big")
    data[at : at + 4] = b"\xff\xff\xff\xff"
    file.write_bytes(data)
    assert code_of(file, device.opening) == "export-damaged"
