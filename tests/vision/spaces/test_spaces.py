# SPDX-License-Identifier: Apache-2.0
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from benchmarks.workplace import DATA
from edge.contract.problems import ProblemError
from edge.core.errands import ReadSpaces
from edge.core.tracks import Sighting
from edge.vision.source import Frame, Image
from edge.vision.sources.street.painter import Painter
from edge.vision.sources.street.scenario import read_scenario
from edge.vision.spaces.classifier import SpaceClassifier, shipped
from edge.vision.spaces.reader import SpaceReader
from models.catalog import PACKAGED, Model, standard_catalog
from models.outlines import cut, tensor

PARKING = DATA / "parking"
SPACE = ((0.3, 0.4), (0.6, 0.4), (0.65, 0.7), (0.25, 0.7))
KERB = [
    ((0.26, 0.68), (0.41, 0.68), (0.40, 0.80), (0.24, 0.80)),
    ((0.42, 0.68), (0.57, 0.68), (0.57, 0.80), (0.41, 0.80)),
    ((0.58, 0.68), (0.73, 0.68), (0.75, 0.80), (0.58, 0.80)),
]
ASPHALT = np.full((360, 640, 3), 90, np.uint8)
AT_US = 1_750_000_000_000_000


@pytest.fixture(scope="module")
def model() -> Model:
    """The model that comes along."""
    return standard_catalog().open("dongtou_space")


def test_a_cut_shows_the_outline_and_what_is_around_it() -> None:
    """The fourth plane is the outline; its middle lies in the cut's middle, a little below."""
    patch = cut(ASPHALT, [(x * 640, y * 360) for x, y in SPACE], 48)
    assert patch.shape == (48, 48, 4)
    inside = patch[..., 3] > 127
    assert 0.1 < inside.mean() < 0.5
    rows, columns = np.nonzero(inside)
    assert columns.mean() == pytest.approx(23.5, abs=2)
    assert 23 < rows.mean() < 30


def test_an_outline_at_the_picture_s_edge_is_cut_all_the_same() -> None:
    """A space half outside the picture is padded with what its edge shows; one that is nowhere is black."""
    patch = cut(ASPHALT, [(-60, 300), (80, 300), (80, 400), (-60, 400)], 48)
    assert (patch[..., :3] == 90).all()
    assert not cut(ASPHALT, [(900, 900), (950, 900), (950, 950)], 48)[..., :3].any()


def test_light_is_taken_out_before_the_model_sees_it() -> None:
    """The same cut at half the brightness is nearly the same tensor."""
    picture = np.random.default_rng(1).integers(60, 220, (48, 48, 4)).astype(np.uint8)
    dark = picture.copy()
    dark[..., :3] //= 2
    bright, dim = tensor([picture, dark])
    assert bright.shape == (4, 48, 48)
    assert np.abs(bright - dim).max() < 0.3


def test_an_answer_for_each_outline_in_one_run(model: Model) -> None:
    """In the order asked for; none for none."""
    classifier = SpaceClassifier(model)
    assert classifier.occupied(ASPHALT, []) == []
    both = classifier.occupied(ASPHALT, [SPACE, SPACE[:3]])
    assert both[0] == pytest.approx(classifier.occupied(ASPHALT, [SPACE])[0], abs=1e-4)
    assert len(both) == 2
    assert all(0 <= sure <= 1 for sure in both)


def test_a_hatched_kerb_is_free_until_a_car_stands_on_it(model: Model) -> None:
    """What is painted onto the ground is busy, and nothing stands there."""
    classifier = SpaceClassifier(model)
    painter = Painter(read_scenario("street:demo?stop_s=8&stay_s=25"))
    assert max(classifier.occupied(ASPHALT, [SPACE])) < 0.5
    assert max(classifier.occupied(painter.paint(1.0), KERB)) < 0.5
    _, middle, _ = standing = classifier.occupied(painter.paint(20.0), KERB)
    assert [sure for sure in standing if sure > 0.5] == [middle]


@pytest.mark.parametrize(
    ("manifest", "reason"),
    [
        ({"decoding": {"layout": "yolov8"}}, "not outlined"),
        ({"input": {"name": "cuts", "width": 48, "height": 64}}, "not square"),
        ({"input": {"name": "pictures", "width": 48, "height": 48}}, "pictures"),
    ],
)
def test_a_model_that_judges_no_outlines_is_refused(model: Model, manifest: dict[str, Any], reason: str) -> None:
    """Found when the worker starts, not at the first car."""
    other = type(model.manifest).model_validate(model.manifest.model_dump() | manifest)
    with pytest.raises(ProblemError) as refused:
        SpaceClassifier(Model(other, model.weights))
    assert refused.value.problem.code == "model-unsuited"
    assert reason in str(refused.value.problem.detail["reason"])


def test_weights_that_are_none_are_told(model: Model) -> None:
    """A file whose hash is right and whose contents are no model."""
    other = model.manifest.model_copy(update={"sha256": hashlib.sha256(b"x").hexdigest()})
    with pytest.raises(ProblemError) as refused:
        SpaceClassifier(Model(other, b"x"))
    assert refused.value.problem.code == "model-unreadable"


def test_the_reader_looks_every_so_often_and_adds_to_the_sighting() -> None:
    """Between two looks the sighting passes through; a clock that went back makes it look."""
    reader = SpaceReader(ReadSpaces("lot", (("a", SPACE), ("b", SPACE[:3])), 2.0), [])
    sighting = Sighting("lot", AT_US, ())
    assert reader.due(AT_US)
    seen = reader.attend(Frame(AT_US, ASPHALT), sighting)
    assert [space.name for space in seen.spaces] == ["a", "b"]
    assert not reader.due(AT_US + 1_000_000)
    assert reader.attend(Frame(AT_US + 1_000_000, ASPHALT), sighting) is sighting
    assert reader.due(AT_US + 1_900_000)
    assert reader.due(AT_US - 1)


def test_weights_that_were_changed_are_told(tmp_path: Path, model: Model) -> None:
    """The catalogue's own words, so that check and worker say the same."""
    text = (PACKAGED / "dongtou_space.toml").read_text("utf-8")
    (tmp_path / "dongtou_space.toml").write_text(text.replace(model.manifest.sha256, "0" * 64), "utf-8")
    with pytest.raises(ProblemError) as refused:
        shipped([tmp_path])
    assert refused.value.problem.code == "model-file-changed"


def frames_of(folder: Path) -> Iterator[Image]:
    """Some frames of a folder."""
    for path in sorted(folder.glob("*.jpg"))[::21]:
        yield np.asarray(cv2.imread(str(path)), np.uint8)


@pytest.mark.skipif(not PARKING.is_dir(), reason="real frames are not here (../shared/data/parking)")
def test_an_empty_lot_is_free_from_dawn_to_dusk() -> None:
    """An empty Sunday: of 40 spaces in any light hardly one is called occupied, under the trees at noon."""
    labels = next((PARKING / "sequence0" / "bounding_boxes").glob("*.xml"))
    slots = pytest.importorskip("benchmarks.judged.slots")
    spaces = next(one.spaces for one in slots.labelled(PARKING) if one.file.stem == labels.stem)
    outlines = [tuple((x / 1280, y / 720) for x, y in corners) for _, corners, _ in spaces]
    classifier = shipped([])
    frames = [classifier.occupied(image, outlines) for image in frames_of(PARKING / "empty_sunday")]
    assert len(frames) >= 6
    assert sum(sure >= 0.5 for frame in frames for sure in frame) <= 1
