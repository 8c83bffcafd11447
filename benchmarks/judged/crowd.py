# SPDX-License-Identifier: Apache-2.0
"""People counted: in labelled pictures by the detector that ships, and through a gate by pipeline and role.

No film of people with known truth lies here. So people are cut out of labelled pictures and walk over an empty car park
through a gate: one by one, meeting each other on it, and three side by side. Their legs do not move, and they come from
pictures that the detector has been trained with: what is missed here is missed outside as well, and more.
"""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import cv2
import numpy as np

from benchmarks.eyes import OURS, detector, picture, reference
from benchmarks.figures import Figures, progress
from benchmarks.judged.detector import IOU, people
from benchmarks.judged.left_out import LeftOut, pictures
from benchmarks.tracked.cuts import Cut, lay
from benchmarks.workplace import DATA
from edge.config.models import Camera
from edge.contract.words import ClockQuality
from edge.core.clock import Now
from edge.core.geometry import Box
from edge.core.inputs import CameraChanged, Seen, Started, Ticked
from edge.core.tracks import Kind
from edge.roles.crowd.config import Settings
from edge.roles.crowd.rules import step
from edge.roles.crowd.state import GateState, State
from edge.vision.darkroom import searcher
from edge.vision.detector import Detector
from edge.vision.evidence import Photographer, PictureRing, ring_bytes
from edge.vision.pipeline import Pipeline
from edge.vision.recorder import hidden_part
from edge.vision.source import Frame, Image

LEAST_PX: Final = 40
"""Height of a person that counts in pictures: below it nobody claims to see one."""
WHOLE: Final = ("coco_train",)
"""Sources in which every person is labelled, so that a sum can be compared."""
FPS: Final = 5.0
SIZE: Final = (640, 360)
TALL_PX: Final = 96
WALK_PX_S: Final = 75.0
"""About 1.4 m/s for somebody of that height."""
GROUND_PX: Final = (250, 345)
START_US: Final = 1_750_000_000_000_000
GRABS: Final = 4
HEAD: Final = (0.2, 0.18)
"""Where the head is in a person's box: not at its sides, and down to this part of its height."""
HEAD_COVERED: Final = 0.7
CUTS: Final = 24


@dataclass(frozen=True, slots=True)
class Walk:
    """Somebody who walks across from one instant on, to the right or to the left, on a line of the ground."""

    cut: Cut
    from_s: float
    inwards: bool
    foot_px: float

    def at(self, at_s: float) -> tuple[int, int] | None:
        """Left and top in pixels while in the picture."""
        wide, high = self.cut.size
        gone = (at_s - self.from_s) * WALK_PX_S - wide
        left = gone if self.inwards else SIZE[0] - wide - gone
        there = at_s >= self.from_s and -wide <= left <= SIZE[0]
        # A person's head goes up and down by two centimetres at each step.
        return (round(left), round(self.foot_px - high + np.sin(at_s * 11))) if there else None


def measure(data: Path) -> Figures:
    """People found of the labelled ones, and gates counted right; `reference` says the same of YOLOX-nano.

    Raises `OSError` without pictures of people.
    """
    left_out = LeftOut()
    labelled = [
        (file, own) for file, own in people(data / "street", left_out) if own and left_out.picture(file) is not None
    ]
    left_out.tell(len(labelled), "pictures of people")
    if not labelled:
        raise FileNotFoundError(
            f"no person is labelled in {data / 'street'}: pictures are looked for as images/SOURCE/NAME.jpg (or .png), "
            "their boxes as labels/SOURCE/NAME.txt, persons being what classes.txt calls `person`"
        )
    cuts = list(_cuts(labelled))[:CUTS]
    empty = sorted(pictures(data / "parking" / "empty_sunday").values())
    ground = picture(empty[len(empty) // 2]) if empty else None
    if cuts and ground is not None:
        ground = np.asarray(cv2.resize(ground, SIZE, interpolation=cv2.INTER_AREA), np.uint8)
    stories = {} if ground is None or not cuts else _stories(cuts)
    if not stories:
        progress("  no gate is judged: that takes a picture of parking/empty_sunday, and people who can be cut out")
    other = reference(data / "models")
    ours = _judged(OURS, data, labelled, stories, ground)
    return ours | {"reference": _judged(other, data, labelled, stories, ground) if other else None}


def _judged(
    model: str,
    data: Path,
    labelled: Sequence[tuple[Path, list[Box]]],
    stories: Mapping[str, Sequence[Walk]],
    ground: Image | None,
) -> Figures:
    progress(f"  {model}")
    eye = detector(model, data / "models")
    figures = _pictures(labelled, eye) | {"heads_hidden": _hidden(labelled, _searcher(model, data))}
    progress(f"  {figures['heads_hidden']} of their heads are hidden in a snapshot")
    if ground is not None and stories:
        figures["gates"] = {name: _gate(walks, ground, eye, model) for name, walks in stories.items()}
        for name, one in figures["gates"].items():
            progress(f"  gate, {name}: {one}")
    return figures


def _searcher(model: str, data: Path) -> Detector:
    return searcher(model, [str(data / "models"), str(DATA / "models")])


def _pictures(labelled: Sequence[tuple[Path, list[Box]]], eye: Detector) -> Figures:
    found = wanted = counted = there = off = whole = 0
    for file, own in labelled:
        image = picture(file)
        if image is None:
            continue
        seen = [one.box for one in eye.detect(image) if one.kind is Kind.PERSON]
        tall = [box for box in own if box.height * image.shape[0] >= LEAST_PX]
        wanted += len(tall)
        found += sum(any(box.iou(one) >= IOU for one in seen) for box in tall)
        if file.parent.name in WHOLE:
            counted, there, off, whole = (
                counted + len(seen),
                there + len(own),
                off + abs(len(seen) - len(own)),
                whole + 1,
            )
    progress(f"  {found} of {wanted} labelled persons of {LEAST_PX} pixels and more are found")
    return {
        "persons_found": found,
        "persons": wanted,
        "counted": counted,
        "labelled": there,
        "mean_error": round(off / max(1, whole), 2),
    }


def _hidden(labelled: Sequence[tuple[Path, list[Box]]], eye: Detector) -> int:
    """Of those persons, whose head is blurred in what leaves the device."""
    count = 0
    for file, own in labelled:
        image = picture(file)
        if image is None:
            continue
        seen = [hidden_part(one.kind, one.box, plates=False) for one in eye.detect(image)]
        for box in own:
            if box.height * image.shape[0] >= LEAST_PX:
                aside, low = HEAD[0] * box.width, box.top + HEAD[1] * box.height
                head = Box(box.left + aside, box.top, box.right - aside, low)
                count += any(part is not None and head.covered_by(part) >= HEAD_COVERED for part in seen)
    return count


def _cuts(labelled: Sequence[tuple[Path, list[Box]]]) -> Iterator[Cut]:
    """People standing alone in their box, cut out by their colours (GrabCut, Rother 2004), all of one height."""
    for file, own in labelled:
        image = picture(file)
        for box in own:
            upright = box.width * 0.28 if image is None else box.width * image.shape[1] / (box.height * image.shape[0])
            alone = not any(other is not box and other.iou(box) > 0.05 for other in own)
            if image is not None and alone and 0.2 <= upright <= 0.6 and box.height * image.shape[0] >= 1.4 * LEAST_PX:
                cut = _cut(image, box)
                if cut is not None:
                    yield cut


def _cut(image: Image, box: Box) -> Cut | None:
    rows, columns = image.shape[:2]
    left, top = max(1, round(box.left * columns)), max(1, round(box.top * rows))
    wide, high = round(box.width * columns), round(box.height * rows)
    mask = np.zeros((rows, columns), np.uint8)
    cv2.grabCut(
        image, mask, (left, top, wide, high), np.zeros((1, 65)), np.zeros((1, 65)), GRABS, cv2.GC_INIT_WITH_RECT
    )
    inside = np.s_[top : top + high, left : left + wide]
    part = np.isin(mask[inside], (cv2.GC_FGD, cv2.GC_PR_FGD)).astype(np.float32)
    if not 0.3 <= part.mean() <= 0.85:
        return None
    soft = np.asarray(cv2.GaussianBlur(part, (3, 3), 0), np.float32)
    return Cut(image[inside].astype(np.float32), soft, 0, 0).resized(round(wide * TALL_PX / high), TALL_PX)


def _stories(cuts: Sequence[Cut]) -> dict[str, list[Walk]]:
    """Who walks when."""

    def walk(number: int, from_s: float, *, inwards: bool, lane: float) -> Walk:
        foot = GROUND_PX[0] + lane * (GROUND_PX[1] - GROUND_PX[0])
        return Walk(cuts[number % len(cuts)], from_s, inwards, foot)

    single = [walk(n, 5 + 5.0 * n, inwards=n % 3 > 0, lane=n % 4 / 3) for n in range(16)]
    meeting = [walk(n, 5 + 6.0 * (n // 2), inwards=n % 2 > 0, lane=0.5 + 0.2 * (n % 2)) for n in range(16)]
    abreast = [walk(n, 5 + 9.0 * (n // 3) + 0.5 * (n % 3), inwards=n // 3 % 2 > 0, lane=n % 3 / 2) for n in range(15)]
    return {"single": single, "meeting": meeting, "abreast": abreast}


def _gate(walks: Sequence[Walk], ground: Image, eye: Detector, model: str) -> dict[str, int]:
    """In and out as they are, and as the role has counted them."""
    gate = {"name": "gate", "camera": "camera", "line": ((0.5, 0.5), (0.5, 1.0)), "inside": (0.9, 0.8)}
    site = {"name": "site", "gates": (gate,)}
    settings = Settings.model_validate({"place": {"code": "0", "name": "-"}, "summary_min": 60, "sites": (site,)})
    entered = sum(walk.inwards for walk in walks)
    with tempfile.TemporaryDirectory() as folder:
        counted = _counted(settings, _pipeline(eye, model, Path(folder)), _film(walks, ground))
    return {"in": entered, "in_counted": counted.entered, "out": len(walks) - entered, "out_counted": counted.left}


def _pipeline(eye: Detector, model: str, folder: Path) -> Pipeline:
    written = {"name": "camera", "source": "film", "pace": "fast", "fps": FPS, "idle_fps": FPS, "gate": True}
    evidence = {"every_s": 5.0, "ring_mb": 16, "jpeg_quality": 60, "width": 320}
    camera = Camera.model_validate(written | {"detector": {"kind": "onnx", "model": model}, "evidence": evidence})
    return Pipeline(camera, eye, Photographer(PictureRing(folder, ring_bytes(camera.evidence)), camera.evidence))


def _counted(settings: Settings, pipeline: Pipeline, film: Iterator[tuple[float, Image]]) -> GateState:
    state, ticked_s = State(), 0.0
    for begun in (Started(_now(0.0), "device"), CameraChanged(_now(0.0), "camera", online=True)):
        state, _ = step(settings, state, begun)
    for at_s, image in film:
        sighting = pipeline.process(Frame(START_US + round(at_s * 1e6), image))
        if sighting is not None:
            state, _ = step(settings, state, Seen(_now(at_s), sighting))
        if at_s - ticked_s >= 1:
            ticked_s = at_s
            state, _ = step(settings, state, Ticked(_now(at_s)))
    return state.sites[0].gates[0]


def _film(walks: Sequence[Walk], ground: Image) -> Iterator[tuple[float, Image]]:
    noise = np.random.default_rng(7).normal(0, 2, (SIZE[1] + 32, SIZE[0], 3)).astype(np.int16)
    nearest_last = sorted(walks, key=lambda walk: walk.foot_px)
    until_s = max(walk.from_s for walk in walks) + 14
    for number in range(round(until_s * FPS)):
        at_s = number / FPS
        image = ground.copy()
        for walk in nearest_last:
            place = walk.at(at_s)
            if place is not None:
                lay(image, walk.cut, *place)
        yield at_s, np.asarray(np.clip(image + noise[number % 32 : number % 32 + SIZE[1]], 0, 255), np.uint8)


def _now(at_s: float) -> Now:
    return Now(START_US + round(at_s * 1e6), round(at_s * 1000) + 60_000, ClockQuality.SYNCED)
