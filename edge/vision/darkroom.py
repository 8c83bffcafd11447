# SPDX-License-Identifier: Apache-2.0
"""A short-lived process that makes a picture or a clip out of a recording, with faces blurred unless told otherwise.

One line of JSON in, one out. `python -m edge.vision.darkroom`.
"""

import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import chain
from pathlib import Path

import cv2
import numpy as np

from edge.config.models import Detector as DetectorSettings
from edge.vision.detector import Detector
from edge.vision.detectors.choice import chosen_model
from edge.vision.develop import Developed, Job
from edge.vision.jpeg import packed, unpacked
from edge.vision.recorder import Shot, blurred, newest, shots
from edge.vision.source import Image

_QUALITY = 85
_FPS = 5.0
"""Of a clip. Each tick shows the newest picture there was, so that a clip lasts as long as what it shows."""

_DOUBT = 0.4
"""People are hidden from so much of the model's own threshold on: a lamp head that is blurred harms nobody."""


def main() -> int:
    """Do the one job."""
    cv2.setNumThreads(1)
    job = Job.model_validate_json(sys.stdin.buffer.readline())
    sys.stdout.write(develop(job).model_dump_json() + "\n")
    return 0


def develop(job: Job) -> Developed:
    """Write `job.out`; without anything recorded there, nothing is written and `frames` is 0."""
    folder = Path(job.folder)
    eye = searcher(job.model, job.models) if job.blur and job.model else None
    if job.from_us is None or job.to_us is None:
        last = newest(folder)
        return _picture(job, last, eye) if last else Developed()
    return _clip(job, shots(folder, job.from_us, job.to_us), eye)


def searcher(model: str, models: Sequence[str]) -> Detector:
    """Who searches a picture for people that must be hidden. Raises `ProblemError` where the model cannot be had."""
    from edge.vision.detectors.onnx import OnnxDetector  # noqa: PLC0415 - devices without a model do not need it

    chosen = chosen_model(DetectorSettings(kind="onnx", model=model), [Path(one) for one in models])
    return OnnxDetector(chosen, chosen.manifest.thresholds.score * _DOUBT)


def _picture(job: Job, shot: Shot, eye: Detector | None) -> Developed:
    Path(job.out).write_bytes(packed(_image(job, shot, eye), _QUALITY))
    return Developed(frames=1, from_us=shot.at_us, to_us=shot.at_us)


def _clip(job: Job, recorded: Iterator[Shot], eye: Detector | None) -> Developed:
    first = next(recorded, None)
    if first is None:
        return Developed()
    image, last_us, ticks, frames = _image(job, first, eye), first.at_us, 0, 0
    size = (image.shape[1], image.shape[0])
    writer = cv2.VideoWriter(job.out, cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*"mp4v"), _FPS, size)
    for shot in chain([first], recorded):
        while first.at_us + ticks * 1e6 / _FPS < shot.at_us:
            writer.write(image)
            ticks += 1
        image, last_us, frames = _image(job, shot, eye), shot.at_us, frames + 1
        if (image.shape[1], image.shape[0]) != size:
            image = np.asarray(cv2.resize(image, size), np.uint8)
    writer.write(image)
    writer.release()
    return Developed(frames=frames, from_us=first.at_us, to_us=last_us)


def _image(job: Job, shot: Shot, eye: Detector | None) -> Image:
    image = unpacked(shot.jpeg)
    if job.blur:
        found = [(one.kind, one.box) for one in eye.detect(image)] if eye else []
        blurred(image, replace(shot, seen=(*shot.seen, *found)), plates=job.plates)
    return image


if __name__ == "__main__":
    raise SystemExit(main())
