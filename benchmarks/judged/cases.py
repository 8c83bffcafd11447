# SPDX-License-Identifier: Apache-2.0
"""How many cases of illegal parking carry the right plate: films of known plates through the whole device.

`data` is laid out like the pictures we test on: `street` for vehicles, `plates/crops` for their plates,
`parking/empty_sunday` for the street, `models` for the finder. Detector, tracker, finder, reader, vote and the role's
wait for a plate are those of a device; see `kerb` for the films. A stay that became no case is `missed` and judged by
nobody: the plate of what was never confirmed does not count.
"""

import tempfile
from collections import Counter
from pathlib import Path
from typing import Final

import cv2

from benchmarks.figures import Figures, progress
from benchmarks.judged.device import Watcher
from benchmarks.judged.kerb import Kerb, kerbs
from benchmarks.judged.plates import FINDER
from benchmarks.workplace import DATA
from edge.config.models import Plates
from edge.vision.plates.build import build_finder

RIGHT, WRONG, NONE, MISSED = "right", "wrong", "none", "missed"
ANSWERS: Final = (RIGHT, WRONG, NONE)


def measure(data: Path) -> Figures:
    """`cases`, of them with the `right` plate, a `wrong` one or `none`; by size and light on stderr.

    Raises `OSError` where no film can be made.
    """
    cv2.setNumThreads(1)
    places = (data / "models", DATA / "models")
    if not any((folder / f"{FINDER}.onnx").is_file() for folder in places):
        raise FileNotFoundError(
            f"nobody says where plates are on the vehicles: put {FINDER}.onnx into {data / 'models'}"
        )
    outcomes = [
        (kerb.parked, judged(kerb, Plates(finder=FINDER), places))
        for kerb in kerbs(data, build_finder(Plates(finder=FINDER), places))
    ]
    if not outcomes:
        raise FileNotFoundError(
            "films are made of cars of street/images with street/labels whose plates the finder sees, of plates/crops, "
            "and of parking/empty_sunday; at least one of them has nothing that serves"
        )
    for plate_px in sorted({one.plate_px for one, _ in outcomes}):
        _tell(f"plates {plate_px} px wide", Counter(answer for one, answer in outcomes if one.plate_px == plate_px))
    for light in sorted({one.light for one, _ in outcomes}, reverse=True):
        _tell(f"light {light:.2f}", Counter(answer for one, answer in outcomes if one.light == light))
    return _figures(Counter(answer for _, answer in outcomes))


def judged(kerb: Kerb, plates: Plates, places: tuple[Path, ...]) -> str:
    """What became of the vehicle of a film."""
    with tempfile.TemporaryDirectory() as folder:
        watcher = Watcher(kerb.film, Path(folder), plates=plates, models=places)
        for at_us, image in kerb.film.frames:
            watcher.look(at_us, image)
        answer = answered(kerb.parked.text, [case.plate for case in watcher.end()])
    if answer != RIGHT:
        progress(f"  {kerb.film.name}, {kerb.parked.plate_px} px, light {kerb.parked.light:.2f}: {answer}")
    return answer


def answered(text: str, cases: list[str | None]) -> str:
    """The worst that was told of one vehicle."""
    if not cases:
        return MISSED
    if any(plate not in {text, None} for plate in cases):
        return WRONG
    return RIGHT if text in cases else NONE


def _tell(what: str, counts: Counter[str]) -> None:
    progress(f"  {what}: {', '.join(f'{counts[answer]} {answer}' for answer in (*ANSWERS, MISSED))}")


def _figures(counts: Counter[str]) -> Figures:
    return {"cases": sum(counts[answer] for answer in ANSWERS), **{key: counts[key] for key in (*ANSWERS, MISSED)}}
