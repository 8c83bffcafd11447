# SPDX-License-Identifier: Apache-2.0
"""Other people's trackers behind JSON lines; runs in `.venv-peers` and imports nothing of ours.

A line `{"as", "tracker", "fps", "remember_s"}` begins one under a name of the asker's; each line
`{"as", "boxes": [[left, top, right, bottom, score], …]}` is answered with `{"ids": [one a box, -1 for none], "ms"}`.
Boxes are in pixels. `remember_s` null leaves a tracker as it comes, told its frame rate only.
"""

import json
import sys
import time
import warnings
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
import supervision as sv
from norfair import Detection, Tracker
from trackers import ByteTrackTracker, SORTTracker

Row = list[float]
Follow = Callable[[list[Row]], list[int]]


class Peer(Protocol):
    """What SORT and ByteTrack have in common."""

    def update(self, detections: sv.Detections) -> sv.Detections:
        """The same detections, each with its identity."""
        ...


NORFAIR_DISTANCE = 0.7
"""IoU of 0.3, as in its own examples of boxes."""


def sort(fps: float, remember_s: float | None) -> Follow:
    """SORT, by `trackers`."""
    return _of_trackers(SORTTracker(**_patience(fps, remember_s)))


def bytetrack(fps: float, remember_s: float | None) -> Follow:
    """ByteTrack, by `trackers`; its thresholds are lowered to what our detector calls sure."""
    sure = {"track_activation_threshold": 0.4, "high_conf_det_threshold": 0.4}
    return _of_trackers(ByteTrackTracker(**sure, **_patience(fps, remember_s)))


def norfair(fps: float, remember_s: float | None) -> Follow:
    """Norfair with boxes and IoU."""
    hits = {} if remember_s is None else {"hit_counter_max": max(2, round(remember_s * fps))}
    delay = {} if remember_s is None else {"initialization_delay": 1}
    tracker: Any = Tracker(distance_function="iou", distance_threshold=NORFAIR_DISTANCE, **hits, **delay)

    def follow(boxes: list[Row]) -> list[int]:
        given = [Detection(np.array([row[:2], row[2:4]]), np.array([row[4]] * 2)) for row in boxes]
        place = {id(one): number for number, one in enumerate(given)}
        ids = [-1] * len(boxes)
        for one in tracker.update(given):
            where = place.get(id(one.last_detection))
            if where is not None:
                ids[where] = one.id
        return ids

    return follow


def _patience(fps: float, remember_s: float | None) -> dict[str, Any]:
    # The library scales its buffer, given in frames at 30 a second, by the frame rate.
    return (
        {"frame_rate": fps} if remember_s is None else {"frame_rate": fps, "lost_track_buffer": round(30 * remember_s)}
    )


def _of_trackers(tracker: Peer) -> Follow:
    def follow(boxes: list[Row]) -> list[int]:
        rows = np.array(boxes, np.float64).reshape(-1, 5)
        given = sv.Detections(xyxy=rows[:, :4], confidence=rows[:, 4], data={"row": np.arange(len(rows))})
        ids = [-1] * len(boxes)
        out = tracker.update(given)
        if len(out):
            for row, track in zip(out.data["row"].tolist(), out.tracker_id.tolist(), strict=True):
                ids[row] = track
        return ids

    return follow


PEERS: dict[str, Callable[[float, float | None], Follow]] = {"sort": sort, "bytetrack": bytetrack, "norfair": norfair}


def main() -> int:
    """Answer until the input ends."""
    warnings.simplefilter("ignore")
    begun: dict[str, Follow] = {}
    for line in sys.stdin:
        asked = json.loads(line)
        if "tracker" in asked:
            begun[asked["as"]] = PEERS[asked["tracker"]](asked["fps"], asked["remember_s"])
            continue
        follow = begun[asked["as"]]
        began = time.process_time()
        ids = follow(asked["boxes"])
        took = time.process_time() - began
        print(json.dumps({"ids": ids, "ms": took * 1e3}), flush=True)
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
