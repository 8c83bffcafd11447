# SPDX-License-Identifier: Apache-2.0
"""The peer of `python -m benchmarks vision`: supervision with ByteTrack around the same model, a frame after another.

Run by the peers' interpreter; what it lacks (onnxruntime, our reader of the model's answer) is taken from ours, whose
folder is the first argument. Film and model follow; the last line is JSON.
"""

import json
import sys
import time
from pathlib import Path
from statistics import median

FRAMES = 150


def main() -> None:
    """Look at every second frame of the film, as a camera of 12.5 frames a second is looked at six times."""
    sys.path += [sys.argv[1], str(Path(__file__).resolve().parents[1])]
    import cv2  # noqa: PLC0415 - only now can it be found
    import numpy as np  # noqa: PLC0415 - only now can it be found
    import supervision as sv  # noqa: PLC0415 - only now can it be found
    from trackers import ByteTrackTracker  # noqa: PLC0415 - only now can it be found

    from benchmarks.eyes import detector  # noqa: PLC0415 - only now can it be found

    cv2.setNumThreads(1)
    eye, tracker = detector(sys.argv[3]), ByteTrackTracker()
    spans: list[float] = []
    film = cv2.VideoCapture(sys.argv[2], cv2.CAP_FFMPEG)
    while len(spans) < FRAMES and film.grab() and film.grab():
        image = np.asarray(film.retrieve()[1], np.uint8)
        began = time.perf_counter()
        found = eye.detect(image)
        corners = [(one.box.left, one.box.top, one.box.right, one.box.bottom) for one in found]
        boxes = np.array(corners, np.float32).reshape(-1, 4) * np.tile(image.shape[1::-1], 2)
        scores = np.array([one.score for one in found], np.float32)
        tracker.update(sv.Detections(boxes, confidence=scores, class_id=np.zeros(len(found), int)))
        spans.append(time.perf_counter() - began)
    print(json.dumps({"ms": round(median(spans) * 1e3, 2), "frames": len(spans)}))


if __name__ == "__main__":
    main()
