# SPDX-License-Identifier: Apache-2.0
"""Shows a detector frames whose truth is known, and says as JSON what it found: `python -m edge.vision.tryout TOML`.

The frames are painted: a street with passing and standing vehicles, and the same street empty. A detector that works
on real streets sees them too; one that is fed or read wrongly sees nothing, or the same everywhere. It runs in a
process of its own, since who asks may have no OpenCV, and a model may crash native code.
"""

import json
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import cv2

from edge.contract.problems import ProblemError
from edge.core.tracks import VEHICLES
from edge.vision.detector import Detector
from edge.vision.detectors.onnx import OnnxDetector
from edge.vision.sources.street.painter import Painter
from edge.vision.sources.street.scenario import read_scenario
from edge.vision.sources.street.truth import truth
from models.catalog import Catalog
from models.errors import ModelError

BUSY, EMPTY = "street:demo?cars=6&stop_s=8&stay_s=600", "street:quiet"
TIMES_S = (6.0, 11.0, 15.0, 21.0, 27.0)
"""Seconds after the beginning at which the street is looked at; vehicles are in it at each of them."""
FOUND, SOMETHING = 0.5, 0.2
"""Overlap (IoU) from which a vehicle counts as found, and below which a find is of nothing."""
WHOLE = 0.08
"""A vehicle narrower than this part of the picture is only just coming in."""


@dataclass(slots=True)
class Outcome:
    """What a detector made of the frames."""

    vehicles: int = 0
    found: int = 0
    phantoms: int = 0
    frames: int = 0
    ms: float = 0.0


def try_out(detector: Detector) -> Outcome:
    """Look at every frame, full street and empty."""
    outcome = Outcome()
    spent_s = 0.0
    for source in (BUSY, EMPTY):
        scenario = read_scenario(source)
        painter = Painter(scenario)
        for at_s in TIMES_S:
            picture = painter.paint(at_s)
            began = time.perf_counter()
            finds = [one.box for one in detector.detect(picture) if one.kind in VEHICLES]
            spent_s += time.perf_counter() - began
            real = [one.box for one in truth(scenario, at_s)]
            wanted = [one.box for one in truth(scenario, at_s) if one.kind in VEHICLES and one.box.width > WHOLE]
            outcome.vehicles += len(wanted)
            outcome.found += sum(any(box.iou(find) >= FOUND for find in finds) for box in wanted)
            outcome.phantoms += sum(all(box.iou(find) < SOMETHING for box in real) for find in finds)
            outcome.frames += 1
    outcome.ms = round(spent_s / outcome.frames * 1e3, 2)
    return outcome


def main() -> int:
    """Print the outcome, or the problem's code and facts."""
    cv2.setNumThreads(1)
    manifest = Path(sys.argv[1])
    try:
        answer = asdict(try_out(OnnxDetector(Catalog((manifest.parent,)).open(str(manifest)))))
    except ModelError as wrong:
        answer = {"problem": wrong.fault.value, "facts": wrong.facts}
    except ProblemError as wrong:
        answer = {"problem": wrong.problem.code, "facts": wrong.problem.detail}
    json.dump(answer, sys.stdout)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
