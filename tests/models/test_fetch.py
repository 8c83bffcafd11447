# SPDX-License-Identifier: Apache-2.0

import hashlib
import json
import random
from pathlib import Path

import pytest

from edge.contract.problems import ProblemError
from models.errors import ModelError, ModelFault
from models.fetch import fetch
from models.manifest import read_manifest
from models.published import Origin, upstream, upstream_names
from provisioning.commands.models import fetch as fetch_command
from tests.models.file_server import FileServer, serving
from tests.models.tiny_onnx import tiny_model, yolox_answer

CONTENT = random.Random(1).randbytes(900_000)
SHA256 = hashlib.sha256(CONTENT).hexdigest()


def part_of(target: Path) -> Path:
    return target.with_name(f".{target.name}.part")


def fault_of(server: FileServer, target: Path, *, size: int | None = len(CONTENT), stall_s: float = 20.0) -> ModelError:
    with pytest.raises(ModelError) as caught:
        fetch(Origin(addresses=(server.address,), size=size), SHA256, target, stall_s=stall_s)
    assert not target.exists()
    return caught.value


def test_a_file_is_fetched_whole(tmp_path: Path) -> None:
    """It has its name when its hash is right, nothing else is left, and progress was told up to the end."""
    told: list[tuple[int, int | None]] = []
    target = tmp_path / "new" / "model.onnx"
    with serving(FileServer(CONTENT)) as server:
        fetch(Origin(addresses=(server.address,)), SHA256, target, progress=lambda *now: told.append(now))
    assert target.read_bytes() == CONTENT
    assert list(target.parent.iterdir()) == [target]
    assert told[-1] == (len(CONTENT), len(CONTENT))


@pytest.mark.parametrize("size", [None, len(CONTENT)])
def test_a_line_that_breaks_twice_is_gone_on_with(tmp_path: Path, size: int | None) -> None:
    """Each request asks for what is missing, and no byte comes twice."""
    target = tmp_path / "model.onnx"
    with serving(FileServer(CONTENT, breaks_after=[300_000, 200_000])) as server:
        fetch(Origin(addresses=(server.address,), size=size), SHA256, target)
    assert target.read_bytes() == CONTENT
    assert server.asked == ["", "bytes=300000-", "bytes=500000-"]


def test_a_part_of_yesterday_is_gone_on_with(tmp_path: Path) -> None:
    """What an earlier run left behind is not fetched again."""
    target = tmp_path / "model.onnx"
    part_of(target).write_bytes(CONTENT[:700_000])
    with serving(FileServer(CONTENT)) as server:
        fetch(Origin(addresses=(server.address,), size=len(CONTENT)), SHA256, target)
    assert server.asked == ["bytes=700000-"]
    assert target.read_bytes() == CONTENT


def test_a_server_that_knows_no_ranges_gives_all_again(tmp_path: Path) -> None:
    """The whole file instead of its rest replaces the part, and is not appended to it."""
    target = tmp_path / "model.onnx"
    part_of(target).write_bytes(CONTENT[:700_000])
    with serving(FileServer(CONTENT, ranges=False)) as server:
        fetch(Origin(addresses=(server.address,), size=len(CONTENT)), SHA256, target)
    assert target.read_bytes() == CONTENT


def test_a_part_longer_than_the_file_is_thrown_away(tmp_path: Path) -> None:
    """A server that has no such part is asked for the whole file."""
    target = tmp_path / "model.onnx"
    part_of(target).write_bytes(CONTENT + b"more")
    with serving(FileServer(CONTENT)) as server:
        fetch(Origin(addresses=(server.address,)), SHA256, target)
    assert target.read_bytes() == CONTENT


def test_another_file_is_refused_and_thrown_away(tmp_path: Path) -> None:
    """One wrong byte: it never gets its name, both hashes are told, and the next try begins anew."""
    target = tmp_path / "model.onnx"
    with serving(FileServer(CONTENT[:-1] + b"x")) as server:
        wrong = fault_of(server, target)
    assert wrong.fault is ModelFault.DOWNLOAD_WRONG
    assert wrong.facts["expected"] == SHA256 != wrong.facts["found"]
    assert not part_of(target).exists()


@pytest.mark.parametrize(("size", "claims"), [(len(CONTENT), 5_000_000), (None, 600 * 1024 * 1024)])
def test_too_long_an_answer_is_not_read(tmp_path: Path, size: int | None, claims: int) -> None:
    """Longer than was announced, or than any detector: nothing of it is written."""
    target = tmp_path / "model.onnx"
    with serving(FileServer(CONTENT, claims=claims)) as server:
        assert fault_of(server, target, size=size).fault is ModelFault.DOWNLOAD_TOO_LARGE
    assert not part_of(target).exists()


def test_a_silent_server_is_given_up(tmp_path: Path) -> None:
    """Who says nothing is left after some tries; what was there stays for the next one."""
    target = tmp_path / "model.onnx"
    part_of(target).write_bytes(CONTENT[:700_000])
    with serving(FileServer(CONTENT, silent=True)) as server:
        assert fault_of(server, target, stall_s=0.05).fault is ModelFault.DOWNLOAD_FAILED
    assert part_of(target).stat().st_size == 700_000


def test_a_line_that_never_brings_anything_is_given_up(tmp_path: Path) -> None:
    """A server that always breaks off at the first byte is not asked for ever."""
    with serving(FileServer(CONTENT, breaks_after=[0] * 20)) as server:
        assert fault_of(server, tmp_path / "model.onnx").fault is ModelFault.DOWNLOAD_FAILED
    assert len(server.asked) < 10


def test_the_second_address_serves_where_the_first_does_not(tmp_path: Path) -> None:
    """A mirror takes over from a missing page; if both fail, the first reason is told."""
    target = tmp_path / "model.onnx"
    with serving(FileServer(CONTENT, status=404)) as gone, serving(FileServer(CONTENT)) as mirror:
        fetch(Origin(addresses=(gone.address, mirror.address)), SHA256, target)
        assert "404" in fault_of(gone, tmp_path / "other.onnx").facts["reason"]
    assert target.read_bytes() == CONTENT


def test_a_file_of_this_machine_is_no_address(tmp_path: Path) -> None:
    """Nothing but http and https is opened."""
    with pytest.raises(ModelError) as caught:
        fetch(Origin(addresses=("file:///etc/hostname",)), SHA256, tmp_path / "model.onnx")
    assert caught.value.fault is ModelFault.ADDRESS_REFUSED


def test_every_published_model_is_told_completely() -> None:
    """Each has a full hash, an address, classes and kinds; a misspelt name is answered with the nearest."""
    assert set(upstream_names()) == {"nanodet-plus-m", "yolox-nano", "yolox-s", "yolox-tiny"}
    for name in upstream_names():
        known = upstream(name)
        assert len(known.manifest.classes) == 80
        assert known.manifest.kinds["car"] == "car"
        assert known.origin.addresses[0].startswith("https://")
    with pytest.raises(ModelError) as caught:
        upstream("yolox_nano")
    assert "yolox-nano" in caught.value.facts["near"]


def test_a_mirror_with_a_hash_gives_a_model_that_is_ready(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`models fetch NAME --from ADDRESS --sha256 HASH`: fetched, recognised, tried on frames, put into its folder."""
    weights = tiny_model(yolox_answer(3, [(0, 0.9, 0.0)]))
    classes = tmp_path / "classes.txt"
    classes.write_text("car\nperson\ntree\n", "utf-8")
    folder = tmp_path / "models"
    digest = hashlib.sha256(weights).hexdigest()
    with serving(FileServer(weights)) as server:
        assert fetch_command("lot", from_=server.address, sha256=digest, classes=classes, folder=folder, json=True) == 0
        with pytest.raises(ProblemError) as caught:
            fetch_command("lot", from_=server.address, sha256=digest, classes=classes, folder=folder)
    assert caught.value.problem.code == "model-name-taken"
    assert read_manifest(folder / "lot.toml").source == server.address
    assert sorted(path.name for path in folder.iterdir()) == ["lot.onnx", "lot.toml"]
    tried = json.loads(capsys.readouterr().out)["tried"]
    assert tried["vehicles"] > 10
    assert tried["phantoms"] > 0  # it says the same of every frame


def test_a_published_model_from_a_mirror_must_be_that_file(tmp_path: Path) -> None:
    """--from alone changes the address, never the hash."""
    with serving(FileServer(b"x" * 3_659_407)) as server, pytest.raises(ProblemError) as caught:
        fetch_command("yolox-nano", from_=server.address, folder=tmp_path)
    assert caught.value.problem.code == "model-download-wrong"
    assert list(tmp_path.iterdir()) == []
