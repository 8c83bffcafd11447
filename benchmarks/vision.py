# SPDX-License-Identifier: Apache-2.0
"""What each stage of the eye costs for one frame on one thread: decode, gate, detect, track, evidence picture.

Frames are those of a simulated street at 1280 × 720, for decoding packed as MPEG-4 (OpenCV's wheels bring no H.264
encoder). Detection by a model needs its weights; without them only motion is measured. Times are medians of the
medians of several runs.

Then eight cameras of 1080p through real workers (`benchmarks.eight_cameras`), and two peers in the same run: a motion
gate as recorders have it, and supervision with ByteTrack around the same model (`make peers`).
"""

import json as as_json
import subprocess
import sys
import sysconfig
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from benchmarks import eight_cameras
from benchmarks.eyes import OURS
from benchmarks.figures import arguments, load_average, median, progress, publish
from benchmarks.other_gate import RunningMeanGate
from benchmarks.workplace import DATA, ROOT, workplace
from edge.config.models import Detector as DetectorSettings
from edge.contract.problems import ProblemError
from edge.vision.detector import Detection, Detector
from edge.vision.detectors.build import build_detector
from edge.vision.gate import Gate
from edge.vision.jpeg import packed
from edge.vision.source import Image
from edge.vision.sources.street.painter import Painter
from edge.vision.sources.street.scenario import read_scenario
from edge.vision.tracker import Tracker

MODELS = DATA / "models"
PEERS = ROOT / ".venv-peers" / "bin" / "python"
STREET = "street:demo?cars=5&stop_s=8&stay_s=600"
FPS = 5.0
QUALITY = 85
_MEASURED_S = 24.0


def run(*, json: bool, quick: bool = False) -> dict[str, Any]:
    """Measure every stage and give back `ms`: the median milliseconds of one frame, by stage."""
    cv2.setNumThreads(1)
    frames = _frames(20 if quick else 150)
    runs = [_once(frames) for _ in range(1 if quick else 5)]
    ms = {stage: round(median([one[stage] for one in runs]), 3) for stage in runs[0]}
    if not json:
        for stage, cost in ms.items():
            progress(f"  {stage:<18} {cost:8.2f} ms")
    told = {"ms": ms, "frames": len(frames), "runs": len(runs), "size": f"{frames[0].shape[1]}x{frames[0].shape[0]}"}
    if quick:
        return told
    with workplace("vision") as folder:
        return told | _gates() | eight_cameras.measure(folder, _MEASURED_S) | _peer(folder / "busy.mp4")


def _gates() -> dict[str, Any]:
    """What a closed gate costs at 1080p, twice a second, and how much of the busy film each kind lets through."""
    if not eight_cameras.FILM.exists():
        return {}
    film = eight_cameras.film_frames(eight_cameras.FILM)
    still = np.asarray(cv2.resize(film[eight_cameras.EMPTY][0], (1920, 1080)), np.uint8)
    chance = np.random.default_rng(1)
    noisy = [np.asarray(cv2.add(still, chance.integers(0, 4, still.shape, np.uint8)), np.uint8) for _ in range(8)]
    gate, other, spans = Gate(), RunningMeanGate(), []
    for number in range(120):
        began = time.process_time()
        gate.opens(number * 500_000 + 1, noisy[number % 8], held=False)
        spans.append(time.process_time() - began)
    other_ms = _median_ms(lambda number: other.opens(noisy[number % 8]), 120)
    gate, other = Gate(), RunningMeanGate()
    opened = [gate.opens(number * 80_000 + 1, image, held=False) for number, image in enumerate(film)]
    others = [other.opens(image) for image in film]
    return {
        "gate_closed_ms": round(sum(spans[10:]) / len(spans[10:]) * 1e3, 3),
        "gate_open_share": round(sum(opened) / len(film), 3),
        "running_mean_gate_ms": round(other_ms, 3),
        "running_mean_gate_open_share": round(sum(others) / len(film), 3),
    }


def _peer(film: Path) -> dict[str, Any]:
    if not (PEERS.exists() and film.exists()):
        progress("  no peers on this machine: `make peers` brings them")
        return {}
    ours = sysconfig.get_path("purelib")
    command = [str(PEERS), str(ROOT / "benchmarks" / "supervised.py"), ours, str(film), OURS]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode:
        progress(f"  the peer failed: {done.stderr[-500:]}")
        return {}
    return {"supervision_ms": as_json.loads(done.stdout.splitlines()[-1])["ms"]}


def main(argv: Sequence[str]) -> int:
    """`python -m benchmarks vision [--json] [--quick]`."""
    args = arguments("vision", __doc__, argv)
    load_before = load_average()
    publish("vision", run(json=True, quick=args.quick), args, load_before)
    return 0


def _frames(count: int) -> list[Image]:
    painter = Painter(read_scenario(STREET))
    return [painter.paint(number / FPS) for number in range(count)]


def _once(frames: list[Image]) -> dict[str, float]:
    """One run over all frames; every stage sees every frame, in order."""
    gate, tracker = Gate(), Tracker()
    motion = build_detector(DetectorSettings(kind="motion"), [])
    found, motion_ms = _detect(motion, frames)
    ms = {
        "decode": _decode_ms(frames),
        "gate": _median_ms(lambda n: gate.opens(_at_us(n), frames[n], held=False), len(frames)),
        "detect-motion": motion_ms,
    }
    onnx = _onnx((1, 1))
    if onnx is not None:
        found, ms["detect-onnx"] = _detect(onnx, frames[::5])
        tiled = _onnx((2, 2))
        assert tiled is not None
        ms["detect-onnx-2x2"] = _detect(tiled, frames[::15])[1]
    ms["track"] = _median_ms(lambda n: tracker.update(_at_us(n), found[n]), len(found))
    ms["evidence-jpeg"] = _median_ms(lambda n: packed(frames[n], QUALITY), len(frames))
    return ms


def _onnx(tiles: tuple[int, int]) -> Detector | None:
    try:
        return build_detector(DetectorSettings(kind="onnx", model=OURS, tiles=tiles), [MODELS])
    except ProblemError as missing:
        progress(f"  without a model: {missing}")
        return None


def _detect(detector: Detector, frames: Iterable[Image]) -> tuple[list[list[Detection]], float]:
    found: list[list[Detection]] = []
    spans = []
    for frame in frames:
        began = time.perf_counter()
        found.append(detector.detect(frame))
        spans.append(time.perf_counter() - began)
    assert any(found), "a detector that finds nothing has not done its work"
    return found, median(spans) * 1e3


def _decode_ms(frames: list[Image]) -> float:
    """Of a recording of these frames."""
    with tempfile.TemporaryDirectory() as folder:
        path = _recorded(Path(folder), frames)
        film = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, 1])
        spans = []
        while True:
            began = time.perf_counter()
            if not film.read()[0]:
                break
            spans.append(time.perf_counter() - began)
        film.release()
    assert len(spans) == len(frames)
    return median(spans) * 1e3


def _recorded(folder: Path, frames: list[Image]) -> Path:
    height, width = frames[0].shape[:2]
    path = folder / "street.mp4"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), 25.0, (width, height))
    for frame in frames:
        writer.write(frame)
    writer.release()
    return path


def _median_ms(work: Callable[[int], object], count: int) -> float:
    spans = []
    for number in range(count):
        began = time.perf_counter()
        work(number)
        spans.append(time.perf_counter() - began)
    return median(spans) * 1e3


def _at_us(number: int) -> int:
    return round(number / FPS * 1e6) + 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
