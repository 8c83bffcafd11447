# SPDX-License-Identifier: Apache-2.0

import hashlib
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from benchmarks.workplace import DATA
from edge.contract.problems import catalogue
from edge.core.tracks import Kind
from models.add import KIND_OF
from models.catalog import PACKAGED, Catalog, standard_catalog
from models.errors import ModelError, ModelFault
from models.manifest import (
    Decoding,
    Detr,
    End2end,
    Fastestdet,
    Input,
    Letterbox,
    Manifest,
    Nanodet,
    Stretch,
    Thresholds,
    Yolov8,
    Yolox,
    name_from,
    read_manifest,
)
from models.published import upstream
from models.written import manifest_toml

SHARED = DATA / "models"
WEIGHTS = b"weights"


def a_manifest(**changes: object) -> Manifest:
    members = {
        "name": "lot",
        "version": "1",
        "task": "detect",
        "input": Input(name="images", width=32, height=32),
        "decoding": Yolox(),
        "classes": ("car", "tree"),
        "kinds": {"car": "car"},
        "thresholds": Thresholds(score=0.3),
        "licence": "Apache-2.0",
        "source": "a test",
        "sha256": hashlib.sha256(WEIGHTS).hexdigest(),
        "file": "lot.onnx",
    }
    return Manifest.model_validate(members | changes)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "lot.toml").write_text(manifest_toml(a_manifest()), "utf-8")
    (tmp_path / "lot.onnx").write_bytes(WEIGHTS)
    return tmp_path


def fault_of(catalog: Catalog, wanted: str) -> ModelError:
    with pytest.raises(ModelError) as caught:
        catalog.open(wanted)
    return caught.value


def test_a_model_is_opened_by_name_manifest_or_weights(folder: Path) -> None:
    """Its name, its manifest's path and its file's path all lead to the same checked bytes."""
    catalog = Catalog((folder,))
    for wanted in ("lot", str(folder / "lot.toml"), str(folder / "lot.onnx")):
        assert catalog.open(wanted).weights == WEIGHTS


def test_weights_are_known_by_their_hash(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """A manifest without its file finds the weights under another name in another folder."""
    other = tmp_path_factory.mktemp("stick")
    (folder / "lot.onnx").rename(other / "download (1).onnx")
    assert Catalog((folder, other)).open("lot").weights == WEIGHTS


def test_one_changed_byte_is_refused(folder: Path) -> None:
    """A file that is not byte for byte the manifest's is never handed out, and both hashes are told."""
    (folder / "lot.onnx").write_bytes(b"Weights")
    wrong = fault_of(Catalog((folder,)), "lot")
    assert wrong.fault is ModelFault.FILE_CHANGED
    assert wrong.facts["expected"] != wrong.facts["found"]


def test_missing_weights_are_told_with_hash_and_folders(folder: Path) -> None:
    """Who lacks the file learns which one, and where it may lie."""
    (folder / "lot.onnx").unlink()
    wrong = fault_of(Catalog((folder,)), "lot")
    assert wrong.fault is ModelFault.FILE_MISSING
    assert str(folder) in wrong.facts["looked"]
    assert wrong.facts["command"] == "provision models add lot.onnx"


def test_missing_weights_of_a_published_model_are_told_how_to_fetch(folder: Path) -> None:
    """Who has nothing but the manifest of a published model learns the name under which it is fetched."""
    published = upstream("yolox-tiny").manifest
    (folder / "tiny.toml").write_text(manifest_toml(published), "utf-8")
    wrong = fault_of(Catalog((folder,)), "yolox-tiny")
    assert wrong.facts["command"] == "provision models fetch yolox-tiny"


def test_a_misspelt_name_is_answered_with_the_nearest(folder: Path) -> None:
    """An unknown name names the known ones that are like it."""
    wrong = fault_of(Catalog((folder,)), "lott")
    assert wrong.fault is ModelFault.UNKNOWN
    assert wrong.facts["near"] == "lot"


def test_weights_without_a_manifest_say_what_to_do(folder: Path) -> None:
    """A bare file is not guessed at; the fault is the one whose next step is to add it."""
    bare = folder / "bare.onnx"
    bare.write_bytes(b"other")
    assert fault_of(Catalog((folder,)), str(bare)).fault is ModelFault.NO_MANIFEST


def test_a_broken_manifest_hides_no_other(folder: Path) -> None:
    """A manifest that cannot be read is told when it is asked for, and does not stand in the way of the rest."""
    (folder / "bad.toml").write_text("name = 7", "utf-8")
    catalog = Catalog((folder,))
    assert catalog.open("lot").weights == WEIGHTS
    assert fault_of(catalog, "bad").fault is ModelFault.MANIFEST_INVALID


def test_the_earlier_place_wins(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    """The device's own folder overrides what came with the wheel."""
    later = tmp_path_factory.mktemp("later")
    (later / "lot.toml").write_text(manifest_toml(a_manifest(version="2")), "utf-8")
    assert Catalog((folder, later)).find("lot").manifest.version == "1"
    assert Catalog((later, folder)).find("lot").manifest.version == "2"


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"file": "../lot.onnx"}, "file"),
        ({"sha256": "abc"}, "sha256"),
        ({"kinds": {"lorry": "truck"}}, "lorry"),
        ({"name": "Lot 1"}, "name"),
        ({"colour": "red"}, "colour"),
        ({"decoding": {"layout": "yolox9"}}, "layout"),
    ],
)
def test_a_manifest_is_closed(changes: dict[str, object], place: str) -> None:
    """A path out of the folder, half a hash, a class nobody has, an unknown key or layout: each is refused by name."""
    with pytest.raises(ValidationError, match=place):
        a_manifest(**changes)


@given(
    name=st.from_regex(r"[a-z0-9]{1,8}(_[a-z0-9]{1,8})?", fullmatch=True),
    words=st.lists(st.text(st.characters(codec="utf-8"), min_size=1), min_size=1, max_size=4),
    decoding=st.sampled_from(
        [
            *(Yolox(), Yolox(strides=(8, 16, 32, 64), decoded=True), Yolov8(), Nanodet(), Fastestdet(), End2end()),
            *(Detr(), Detr(chosen=True, sizes_input="orig_target_sizes")),
        ]
    ),
    fit=st.sampled_from([Letterbox(), Letterbox(pad=0, anchor="centre"), Stretch()]),
)
def test_a_written_manifest_reads_back_the_same(
    name: str, words: list[str], decoding: Decoding, fit: Letterbox | Stretch
) -> None:
    """Whatever classes are called, in any script, TOML gives back what was written."""
    before = a_manifest(
        name=name,
        classes=tuple(words),
        kinds={words[0]: "car"},
        decoding=decoding,
        input=Input(name="x", width=64, height=32, shapes=((32, 64),), channels="rgb", scale=1 / 255, fit=fit),
    )
    assert Manifest.model_validate(tomllib.loads(manifest_toml(before))) == before


@given(st.text())
def test_any_file_name_gives_a_valid_model_name(text: str) -> None:
    """Names are made from whatever a file is called."""
    assert a_manifest(name=name_from(text)).name == name_from(text)


def test_every_fault_is_in_the_problem_catalogue() -> None:
    """What this package can complain of, the catalogue can explain."""
    assert {fault.value for fault in ModelFault} <= set(catalogue())


def test_kind_words_are_those_of_the_core() -> None:
    """Words that manifests may use for kinds are words that roles understand."""
    packaged = {kind for path in PACKAGED.glob("*.toml") for kind in read_manifest(path).kinds.values()}
    assert packaged | set(KIND_OF.values()) <= {kind.value for kind in Kind}


def test_the_packaged_manifest_fits_the_published_weights() -> None:
    """The manifest that comes with the wheel finds Megvii's file by its hash."""
    if not SHARED.is_dir():
        pytest.skip("the shared models are not on this machine")
    model = standard_catalog([SHARED]).open("yolox_nano_416")
    assert len(model.weights) == 3_713_911
    assert len(model.manifest.classes) == 80
