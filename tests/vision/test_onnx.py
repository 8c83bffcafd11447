# SPDX-License-Identifier: Apache-2.0

import hashlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from benchmarks.workplace import DATA
from edge.config.models import Detector as DetectorSettings
from edge.contract.problems import ProblemError
from edge.core.geometry import Box
from edge.core.tracks import VEHICLES, Kind
from edge.vision.detector import Detection
from edge.vision.detectors.build import build_detector
from edge.vision.detectors.fit import Fitter
from edge.vision.detectors.merge import Found, merge
from edge.vision.detectors.onnx import OnnxDetector
from edge.vision.detectors.tiles import tiles
from edge.vision.source import Image
from models.catalog import Model
from models.manifest import Fit, Input, Letterbox, Manifest, Stretch, Thresholds, Yolox
from models.written import manifest_toml
from tests.models.tiny_onnx import CELLS, SIDE, growing, tiny_model, yolox_answer
from tests.vision.scene import recording

MODELS = DATA / "models"
FRAMES = DATA / "video" / "highway_frames" / "input"
BLANK: Image = np.zeros((32, 32, 3), np.uint8)


def a_model(weights: bytes, **changes: object) -> Model:
    members = {
        "name": "tiny",
        "version": "1",
        "task": "detect",
        "input": Input(name="images", width=SIDE, height=SIDE),
        "decoding": Yolox(),
        "classes": ("car", "tree", "truck"),
        "kinds": {"car": "car", "truck": "truck"},
        "thresholds": Thresholds(score=0.3),
        "licence": "Apache-2.0",
        "source": "a test",
        "sha256": hashlib.sha256(weights).hexdigest(),
        "file": "tiny.onnx",
    }
    return Model(Manifest.model_validate(members | changes), weights)


def found_by(*finds: tuple[int, float, float], image: Image = BLANK, threshold: float | None = None) -> list[Detection]:
    return OnnxDetector(a_model(tiny_model(yolox_answer(3, list(finds)))), threshold).detect(image)


def test_a_raw_row_becomes_a_box() -> None:
    """Cell 5 at stride 8 with an offset of a half has its middle at (12, 12), and log size 0 is one stride."""
    (one,) = found_by((0, 0.9, 0.0))
    assert one.kind is Kind.CAR
    assert one.score == pytest.approx(0.9)
    assert one.box == Box(0.25, 0.25, 0.5, 0.5)


def test_a_wide_picture_is_undone_from_its_letterbox() -> None:
    """On a 64 × 32 picture the input's upper half is the picture: the box is half as wide and twice as low in it."""
    (one,) = found_by((0, 0.9, 0.0), image=np.zeros((32, 64, 3), np.uint8))
    assert one.box == Box(0.25, 0.5, 0.5, 1.0)


def test_a_class_without_a_kind_is_not_told() -> None:
    """A tree is nothing to any role, and does not hide the car that is less sure."""
    assert found_by((1, 0.9, 0.0)) == []


def test_one_lorry_with_two_names_is_one_detection() -> None:
    """A box that is a car and a truck to the model is told once, by the surer name."""
    (one,) = found_by((0, 0.5, 0.0), (2, 0.8, 0.05))
    assert one.kind is Kind.TRUCK


def test_the_threshold_of_the_settings_wins() -> None:
    """A camera's own threshold replaces the manifest's, in both directions."""
    assert found_by((0, 0.5, 0.0), threshold=0.6) == []
    assert found_by((0, 0.2, 0.0)) == []
    assert len(found_by((0, 0.2, 0.0), threshold=0.1)) == 1


def test_a_manifest_that_does_not_fit_is_found_at_the_start() -> None:
    """A wrong number of classes or a wrong input name is told before the first picture, with a next step."""
    weights = tiny_model(yolox_answer(4, []))
    with pytest.raises(ProblemError, match="model-unsuited"):
        OnnxDetector(a_model(weights))
    with pytest.raises(ProblemError, match="model-unsuited"):
        OnnxDetector(a_model(tiny_model(yolox_answer(3, [])), input=Input(name="x", width=SIDE, height=SIDE)))


@pytest.mark.parametrize("changes", [{"kinds": {"car": "spaceship"}}, {"kinds": {}}, {"task": "read"}])
def test_a_model_for_something_else_is_refused(changes: dict[str, object]) -> None:
    """Kinds that no role knows, none at all, or another task are told by name."""
    with pytest.raises(ProblemError, match="model-unsuited"):
        OnnxDetector(a_model(tiny_model(yolox_answer(3, [])), **changes))


@pytest.mark.parametrize("fit", [Letterbox(), Letterbox(anchor="centre"), Stretch()])
@pytest.mark.parametrize("size", [(720, 1280), (480, 640), (500, 300)])
def test_fitting_and_restoring_are_each_others_inverse(fit: Fit, size: tuple[int, int]) -> None:
    """A white square is found again where it was, whatever the shape of the picture."""
    height, width = size
    picture = np.zeros((height, width, 3), np.uint8)
    picture[height // 4 : height // 2, width // 4 : width // 2] = 255
    tensor, fitted = Fitter(Input(name="x", width=416, height=416, fit=fit)).fit(picture)
    rows, columns = np.nonzero(tensor[0, 0] > 200)
    box = np.array([[columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]], np.float32)
    expected = [width // 4, height // 4, width // 2, height // 2]
    assert fitted.restore(box)[0].tolist() == pytest.approx(expected, abs=3)


def test_channels_and_scale_are_those_of_the_manifest() -> None:
    """A blue picture is in the last channel of an RGB input, scaled and shifted as told."""
    blue = np.zeros((32, 32, 3), np.uint8)
    blue[:, :, 0] = 255
    spec = Input(
        name="x", width=32, height=32, channels="rgb", scale=1 / 255, mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5)
    )
    tensor, _ = Fitter(spec).fit(blue)
    assert [float(plane.mean()) for plane in tensor[0]] == pytest.approx([-1.0, -1.0, 1.0])


def test_tiles_cover_the_picture_and_overlap() -> None:
    """Three by two parts leave no pixel out, share a border with their neighbours, and come after the whole."""
    whole, *parts = tiles(1280, 720, 3, 2)
    assert (whole.left, whole.top, whole.right, whole.bottom) == (0, 0, 1280, 720)
    covered = np.zeros((720, 1280), np.uint8)
    for part in parts:
        covered[part.top : part.bottom, part.left : part.right] += 1
    assert len(parts) == 6
    assert covered.min() == 1
    assert covered[:, 640].max() >= 1
    assert (covered >= 2).mean() > 0.1
    assert tiles(1280, 720, 1, 1) == (whole,)


def test_half_a_car_at_a_tile_edge_is_part_of_the_whole_one() -> None:
    """A cut-off box gives way to the whole box that covers it, even when it is surer."""
    whole = Found(Detection(Kind.CAR, 0.5, Box(0.4, 0.4, 0.6, 0.5)), cut=False)
    half = Found(Detection(Kind.CAR, 0.9, Box(0.5, 0.4, 0.6, 0.5)), cut=True)
    assert merge([half, whole], 0.45) == [whole.detection]


def test_a_rider_and_his_motorcycle_are_two() -> None:
    """Boxes of different families never suppress each other."""
    box = Box(0.4, 0.4, 0.45, 0.5)
    pair = [Found(Detection(kind, 0.8, box), cut=False) for kind in (Kind.PERSON, Kind.TWO_WHEELER)]
    assert len(merge(pair, 0.45)) == 2


def test_settings_build_a_detector(tmp_path: Path) -> None:
    """A camera's settings and the config's model folder lead to a running detector."""
    model = a_model(tiny_model(yolox_answer(3, [(0, 0.9, 0.0)])))
    (tmp_path / "tiny.onnx").write_bytes(model.weights)
    (tmp_path / "tiny.toml").write_text(manifest_toml(model.manifest), "utf-8")
    detector = build_detector(DetectorSettings(kind="onnx", model="tiny", tiles=(2, 2)), [tmp_path])
    assert detector.detect(np.zeros((64, 64, 3), np.uint8))
    assert build_detector(DetectorSettings(kind="motion"), []).detect(BLANK) == []


@pytest.mark.parametrize(("model", "code"), [(None, "model-unnamed"), ("yolox_nano", "model-unknown")])
def test_settings_that_name_no_model_are_a_problem(model: str | None, code: str) -> None:
    """What is missing is told as a problem of the catalogue, with the nearest name."""
    with pytest.raises(ProblemError) as caught:
        build_detector(DetectorSettings(kind="onnx", model=model), [])
    assert caught.value.problem.code == code


def test_a_broken_file_is_told_as_unreadable() -> None:
    """Weights that are no model end in a problem, not in onnxruntime's own words."""
    with pytest.raises(Exception, match="model-unreadable"):
        OnnxDetector(a_model(b"not a model"))


@pytest.fixture(scope="module")
def yolox() -> OnnxDetector:
    if not MODELS.is_dir():
        pytest.skip("the shared models are not on this machine")
    detector = build_detector(DetectorSettings(kind="onnx", model="yolox_nano_416"), [MODELS])
    assert isinstance(detector, OnnxDetector)
    return detector


def test_finds_the_cars_of_a_real_highway(yolox: OnnxDetector) -> None:
    """Of what the research masks call moving and large, nearly all is under a vehicle's box; boxes are on the road."""
    if not FRAMES.is_dir():
        pytest.skip("the highway frames are not on this machine")
    seen = large = on_road = boxes = 0
    for file in sorted(FRAMES.iterdir())[::30]:
        moving = _moving(file)
        spans = _spans(yolox.detect(_read(file)), moving.shape)
        boxes += len(spans)
        on_road += sum(moving[top:bottom, left:right].mean() > 0.3 for left, top, right, bottom in spans)
        for x, y in _middles(moving, least_px=600):
            large += 1
            seen += any(left <= x <= right and top <= y <= bottom for left, top, right, bottom in spans)
    assert large >= 10
    assert seen >= 0.9 * large
    assert on_road >= 0.75 * boxes


def _read(file: Path) -> Image:
    return np.asarray(cv2.imread(str(file)), np.uint8)


def _moving(file: Path) -> NDArray[np.bool_]:
    truth = FRAMES.parent / "groundtruth" / file.name.replace("in", "gt").replace("jpg", "png")
    return np.asarray(_read(truth)[:, :, 0] == 255)


def _spans(found: list[Detection], shape: tuple[int, ...]) -> list[tuple[int, int, int, int]]:
    height, width = shape
    boxes = [one.box for one in found if one.kind in VEHICLES]
    return [
        (int(box.left * width), int(box.top * height), int(box.right * width), int(box.bottom * height))
        for box in boxes
    ]


def _middles(moving: NDArray[np.bool_], least_px: int) -> list[tuple[float, float]]:
    _, _, stats, middles = cv2.connectedComponentsWithStats(moving.astype(np.uint8))
    areas = stats[1:, cv2.CC_STAT_AREA].tolist()
    return [(x, y) for area, (x, y) in zip(areas, middles[1:].tolist(), strict=True) if area > least_px]


def test_finds_the_cars_of_a_real_road(yolox: OnnxDetector) -> None:
    """A motorway camera of 320 × 240: at least three vehicles in each of the frames looked at, none of them huge."""
    film = cv2.VideoCapture(str(recording("road_640x360.avi")), cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, 1])
    for number in range(0, 700, 100):
        film.set(cv2.CAP_PROP_POS_FRAMES, number)
        read, image = film.read()
        assert read
        vehicles = [
            one for one in yolox.detect(np.asarray(image, np.uint8)) if one.kind in VEHICLES and one.score > 0.4
        ]
        assert len(vehicles) >= 3
        assert all(one.box.area < 0.3 for one in vehicles)
    film.release()


def test_parts_find_more_of_a_full_car_park(yolox: OnnxDetector) -> None:
    """Cut into two by two, far cars are seen that the whole picture is too coarse for."""
    lot = DATA / "parking" / "sequence3"
    if not lot.is_dir():
        pytest.skip("the parking pictures are not on this machine")
    image = _read(max((lot / "frames").iterdir()))
    parted = build_detector(DetectorSettings(kind="onnx", model="yolox_nano_416", tiles=(2, 2)), [MODELS])
    whole, parts = (sum(one.kind in VEHICLES for one in detector.detect(image)) for detector in (yolox, parted))
    assert parts > whole


def test_a_tiny_answer_has_all_cells() -> None:
    """The test's own model answers as many rows as an input of its size has cells."""
    assert yolox_answer(1, []).shape[1] == CELLS


SHAPES = Input(name="images", width=32, height=32, shapes=((64, 32), (32, 64)))


@pytest.mark.parametrize(
    ("size", "shape"),
    [((640, 640), (32, 32)), ((1280, 720), (64, 32)), ((720, 1280), (32, 64)), ((640, 480), (32, 32))],
)
def test_of_several_shapes_the_one_that_a_picture_fills_best_is_taken(
    size: tuple[int, int], shape: tuple[int, int]
) -> None:
    """A wide picture goes into the wide input, an upright one into the upright one."""
    tensor, fitted = Fitter(SHAPES).fit(np.zeros((size[1], size[0], 3), np.uint8))
    assert (tensor.shape[3], tensor.shape[2]) == shape
    assert fitted.scale_x == pytest.approx(min(shape[0] / size[0], shape[1] / size[1]), rel=0.05)


@pytest.mark.parametrize(("width", "height"), [(640, 320), (320, 640), (320, 320)])
def test_boxes_are_right_whatever_the_shape(width: int, height: int) -> None:
    """The one white cell of a picture is found where it is, in pictures of three shapes by one detector, twice."""
    weights = growing(3)
    detector = OnnxDetector(a_model(weights, input=SHAPES))
    side = min(width, height) // 4
    for column, row in ((0, 1), (width // side - 1, height // side - 1)):
        picture = np.zeros((height, width, 3), np.uint8)
        picture[row * side : (row + 1) * side, column * side : (column + 1) * side] = 255
        (one,) = detector.detect(picture)
        middle = one.box.centre
        assert middle.x * width == pytest.approx((column + 0.5) * side, abs=side / 8)
        assert middle.y * height == pytest.approx((row + 0.5) * side, abs=side / 8)


def test_a_shape_that_the_model_refuses_is_told_at_once() -> None:
    """A manifest that promises shapes a fixed model does not take is unsuited, before any picture comes."""
    with pytest.raises(ProblemError) as caught:
        OnnxDetector(a_model(tiny_model(yolox_answer(3, [])), input=SHAPES))
    assert caught.value.problem.code == "model-unsuited"
