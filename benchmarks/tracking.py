# SPDX-License-Identifier: Apache-2.0
"""Who is who: our tracker beside SORT, ByteTrack and norfair, on the same detections in the same run.

Real clips, with identities from a look at every frame, and films of a car park made of real pixels in which truth is
known to the frame: a bus before parked cars for minutes, cars swapped behind it, dusk, headlights, a swaying pole that
loses half its frames, neighbours, gaps of the detector, stop and go. Each peer runs twice, as it comes and with its
memory set to ten minutes; a peer's figure is the better of the two. Without ../shared/data nothing is measured but
time; without `.venv-peers` (`make peers`) ours alone.
"""

import sys
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from pathlib import Path
from time import process_time
from typing import Any, Protocol

import cv2
import numpy as np

from benchmarks.eyes import REFERENCE, detector
from benchmarks.figures import arguments, load_average, median, percentile, progress, publish
from benchmarks.tracked.clips import read_clips
from benchmarks.tracked.cuts import read_lot
from benchmarks.tracked.films import Moment
from benchmarks.tracked.peer_link import HOW_TO, PEERS, PeerLink, installed, peer_link
from benchmarks.tracked.score import SAME_BOX, Judge, Score
from benchmarks.tracked.stories import stories
from benchmarks.workplace import DATA
from edge.contract.problems import ProblemError
from edge.core.geometry import Box
from edge.core.tracks import Kind
from edge.vision.detector import Detection
from edge.vision.looks import looks_of
from edge.vision.tracker import Tracker

LONG_S = 600.0
"""Memory of a patient peer."""
SEED = 7
LOT = Path("parking/sequence3")


class Follower(Protocol):
    """A tracker as the benchmark sees it: one film from its beginning to its end."""

    def look(self, moment: Moment) -> tuple[dict[int, Box], float]:
        """What it says is there, by identity, and the milliseconds of CPU that it took."""
        ...


class Ours:
    """The tracker of this repository, with looks or without."""

    def __init__(self, *, looks: bool = True) -> None:
        self._tracker, self._looks = Tracker(), looks

    def look(self, moment: Moment) -> tuple[dict[int, Box], float]:
        """As the pipeline calls it."""
        began = process_time()
        looks = looks_of(moment.picture) if self._looks else None
        tracks = self._tracker.update(moment.at_us, moment.detections, looks)
        took = process_time() - began
        return {one.id: one.box for one in tracks if one.seen}, took * 1e3


class Peer:
    """One of the others."""

    def __init__(self, link: PeerLink, name: str, fps: float, remember_s: float | None) -> None:
        self._link = link
        self._name = name if remember_s is None else f"{name}-patient"
        link.begin(self._name, name, fps, remember_s)

    def look(self, moment: Moment) -> tuple[dict[int, Box], float]:
        """Boxes go over in pixels of the picture."""
        height, width = moment.picture.shape[:2]
        rows = [
            [one.box.left * width, one.box.top * height, one.box.right * width, one.box.bottom * height, one.score]
            for one in moment.detections
        ]
        ids, ms = self._link.follow(self._name, rows)
        return {track: one.box for track, one in zip(ids, moment.detections, strict=True) if track >= 0}, ms


def run(data: Path, *, quick: bool = False) -> dict[str, Any]:
    """Counts over all films and clips by tracker, the same by film, and the milliseconds of CPU for 20 objects."""
    cv2.setNumThreads(1)
    with ExitStack() as stack:
        link = stack.enter_context(peer_link()) if installed() else None
        if link is None:
            progress(f"  no peers on this machine: `{HOW_TO}` brings them; ours is measured alone")
        films = {
            name: _judged(moments, _all(link, fps), whole=whole, name=name)
            for name, fps, whole, moments in _films(data, quick=quick)
        }
        cost = _judged(_crowd(60 if quick else 300), _all(link, 5.0))
    return {
        "totals": {who: _told([film[who] for film in films.values()]) for who in cost} if films else {},
        "films": {name: {who: _told([score]) for who, score in film.items()} for name, film in films.items()},
        "ms_20_objects": {who: _costs(score) for who, score in cost.items()},
        "best_peer_switches": _best(films),
    }


def main(argv: Sequence[str]) -> int:
    """`python -m benchmarks tracking [--json] [--quick]`."""
    args = arguments("tracking", __doc__, argv)
    load_before = load_average()
    publish("tracking", run(DATA, quick=args.quick), args, load_before)
    return 0


def _all(link: PeerLink | None, fps: float) -> dict[str, Follower]:
    ours: dict[str, Follower] = {"ours": Ours(), "ours-without-looks": Ours(looks=False)}
    if link is None:
        return ours
    peers: dict[str, Follower] = {name: Peer(link, name, fps, None) for name in PEERS}
    return ours | peers | {f"{name}-patient": Peer(link, name, fps, LONG_S) for name in PEERS}


def _films(data: Path, *, quick: bool) -> Iterable[tuple[str, float, bool, Iterable[Moment]]]:
    try:
        eye = detector(REFERENCE, data / "models", threshold=0.15)
        for clip in read_clips(data / "video", eye, quick=quick):
            yield clip.name, 5.0, False, clip.play()
    except ProblemError as missing:
        progress(f"  without the real clips: {missing}")
    if (data / LOT).is_dir():
        for film in stories(read_lot(data / LOT), quick=quick):
            yield film.name, film.fps * film.kept, True, film.play(SEED)


def _judged(
    moments: Iterable[Moment], followers: dict[str, Follower], *, whole: bool = True, name: str = "20 objects"
) -> dict[str, Score]:
    judges = {who: Judge(whole=whole) for who in followers}
    for moment in moments:
        # A thing that nobody detects, no tracker can be blamed for.
        boxes = [one.box for one in moment.detections]
        things = {one.number: one.box for one in moment.real if any(one.box.iou(box) >= SAME_BOX for box in boxes)}
        for who, follower in followers.items():
            tracks, ms = follower.look(moment)
            judges[who].look(things, tracks, ms)
    scores = {who: judge.score for who, judge in judges.items()}
    told = "   ".join(f"{who} {one.switches}/{one.merges}" for who, one in scores.items())
    progress(f"  {name:<24} switches/merges: {told}")
    return scores


def _crowd(frames: int) -> Iterable[Moment]:
    """Twenty objects in a picture of 1280 × 720: ten that stand and ten that drive, shaken like real boxes."""
    chance = np.random.default_rng(SEED)
    picture = chance.integers(40, 200, (720, 1280, 3), np.uint8)
    for number in range(frames):
        found = []
        for one in range(20):
            x, y = 0.1 + 0.2 * (one % 5), 0.15 + 0.22 * (one // 5)
            if one % 2:
                x = (x + 0.01 * number * (1 + one % 3)) % 0.9
            left, top, right, bottom = chance.normal((x, y, x + 0.08, y + 0.1), 0.002)
            found.append(Detection(Kind.CAR, 0.8, Box(left, top, right, bottom)))
        yield Moment(round(number / 5 * 1e6) + 1, picture, [], found)


def _told(scores: Sequence[Score]) -> dict[str, float]:
    total = Score()
    for one in scores:
        total.add(one)
    return {
        "switches": total.switches,
        "fragmentations": total.fragmentations,
        "merges": total.merges,
        "told_pct": round(100 * total.told / max(1, total.looks), 1),
        "ms": round(median(total.ms), 3) if total.ms else 0.0,
    }


def _costs(score: Score) -> dict[str, float]:
    return {"p50": round(median(score.ms), 3), "p95": round(percentile(score.ms, 0.95), 3)}


def _best(films: dict[str, dict[str, Score]]) -> int | None:
    """Switches of the best peer over all films, each with the better of its two settings film by film."""
    if not films or not installed():
        return None
    return min(
        sum(min(film[name].switches, film[f"{name}-patient"].switches) for film in films.values()) for name in PEERS
    )


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
