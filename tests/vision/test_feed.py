# SPDX-License-Identifier: Apache-2.0
"""Live frames are fresh, recorded ones complete, and a camera that vanishes is opened again."""

import threading
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest

from edge.contract.problems import ProblemError
from edge.vision.feed import LiveFeed, RecordedFeed, StuckError
from edge.vision.lines import Ended, Lost
from edge.vision.source import Frame, SourceLostError, Wanted, always
from tests.vision.scene import frame

WAIT_S = 10.0


class Script:
    """A source that does one thing after the other: gives a frame, fails, or waits for leave to go on."""

    def __init__(self, *steps: Frame | Exception | threading.Event | None) -> None:
        self._steps = iter(steps)
        self.closed = False
        self.waits = threading.Event()

    def read(self, wanted: Wanted = always) -> Frame | None:
        for step in self._steps:
            match step:
                case threading.Event():
                    self.waits.set()
                    assert step.wait(WAIT_S)
                case Exception():
                    raise step
                case Frame(at_us=at_us) if not wanted(at_us):
                    pass
                case _:
                    return step
        return None

    def close(self) -> None:
        self.closed = True


def _one_after_the_other(*scripts: Script | ProblemError) -> Callable[[], Script]:
    waiting: Iterator[Script | ProblemError] = iter(scripts)

    def opened() -> Script:
        script = next(waiting)
        if isinstance(script, ProblemError):
            raise script
        return script

    return opened


def _codes(feed: LiveFeed, count: int) -> list[str]:
    told = []
    for _ in range(count):
        match feed.take(WAIT_S):
            case Frame(at_us=at_us):
                told.append(f"frame {at_us}")
            case Lost(problem=problem):
                told.append(problem.code)
            case Ended():
                told.append("ended")
            case None:
                told.append("nothing")
    return told


def test_recording_drops_nothing() -> None:
    """A recording gives frame after frame, however slowly they are taken, and then its end again and again."""
    feed = RecordedFeed(Script(*map(frame, range(100))), always)
    taken = [got.at_us for got in (feed.take(0) for _ in range(100)) if isinstance(got, Frame)]
    assert taken == [frame(number).at_us for number in range(100)]
    assert feed.take(0) == feed.take(0) == Ended()
    assert feed.dropped == 0


def test_recording_that_breaks_off_says_so() -> None:
    """The problem of a damaged recording is told with its end."""
    broken = ProblemError("video-truncated", path="film", frames=1, announced=9)
    feed = RecordedFeed(Script(frame(0), broken), always)
    feed.take(0)
    assert feed.take(0) == Ended(problem=broken.problem)


def test_slow_consumer_gets_the_newest() -> None:
    """Of ten frames that came while nobody took any, the newest is left and nine are counted."""
    end = threading.Event()
    script = Script(*map(frame, range(10)), end)
    with closing(LiveFeed("cam", lambda: script, always)) as feed:
        assert script.waits.wait(WAIT_S)
        assert _codes(feed, 1) == [f"frame {frame(9).at_us}"]
        assert feed.dropped == 9
        end.set()


def test_lost_camera_is_opened_again() -> None:
    """After a loss the camera is told lost, opened anew and its frames go on; the old one is let go."""
    first = Script(frame(0), SourceLostError("cable"))
    second = Script(frame(1))
    with closing(LiveFeed("cam", _one_after_the_other(first, second), always)) as feed:
        assert _codes(feed, 4) == [f"frame {frame(0).at_us}", "camera-stalled", f"frame {frame(1).at_us}", "ended"]
    assert first.closed


def test_unreachable_camera_is_tried_again() -> None:
    """A camera that cannot be opened is told with its own problem and tried until it answers."""
    refused = ProblemError("camera-unreachable", camera="cam", source="rtsp://x")
    with closing(LiveFeed("cam", _one_after_the_other(refused, refused, Script(frame(0))), always)) as feed:
        assert _codes(feed, 3) == ["camera-unreachable", "camera-unreachable", f"frame {frame(0).at_us}"]


def test_silent_camera_is_stalled_then_stuck() -> None:
    """A read that never returns is told once as a stall, and ends the process if it lasts: no thread can be stopped."""
    end = threading.Event()
    with closing(LiveFeed("cam", lambda: Script(end), always)) as feed:
        feed._heard_ns -= 6_000_000_000
        stalled = feed.take(0)
        assert isinstance(stalled, Lost)
        assert stalled.problem.code == "camera-stalled"
        assert feed.take(0) is None
        feed._heard_ns -= 20_000_000_000
        with pytest.raises(StuckError):
            feed.take(0)
        end.set()


def test_nothing_to_take_takes_no_longer_than_asked() -> None:
    """Between frames the consumer gets nothing in time for its heartbeat."""
    end = threading.Event()
    with closing(LiveFeed("cam", lambda: Script(end), always)) as feed:
        assert feed.take(0.01) is None
        end.set()
