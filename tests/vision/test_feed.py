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
from tests.vision.scene import Eye, frame

WAIT_S = 10.0


class Script:
    """A source that does one thing after the other: gives a frame, fails, or waits for leave to go on.

    A frame is offered until it is wanted, as a street goes on; of a number, the frame of that instant passes by. An
    error stands for a frame that is wanted and cannot be decoded, if it is a `TornError`.
    """

    def __init__(self, *steps: Frame | int | Exception | threading.Event) -> None:
        self._steps = iter(steps)
        self.closed = False
        self.waits = threading.Event()

    def read(self, wanted: Wanted = always) -> Frame | None:
        for step in self._steps:
            match step:
                case threading.Event():
                    self.waits.set()
                    assert step.wait(WAIT_S)
                case int():
                    if wanted(step):
                        return frame(step)
                case Frame(at_us=at_us):
                    _insist(wanted, at_us)
                    return step
                case Exception():
                    if isinstance(step, TornError):
                        _insist(wanted, 0)
                    raise step
        return None

    def close(self) -> None:
        self.closed = True


class TornError(SourceLostError):
    """What is left of a frame."""


def _insist(wanted: Wanted, at_us: int) -> None:
    while not wanted(at_us):
        pass


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


def test_recording_that_breaks_off_says_so() -> None:
    """The problem of a damaged recording is told with its end."""
    broken = ProblemError("video-truncated", path="film", frames=1, announced=9)
    feed = RecordedFeed(Script(frame(0), broken), always)
    feed.take(0)
    assert feed.take(0) == Ended(problem=broken.problem)


def test_nobody_takes_and_no_picture_is_made() -> None:
    """Frames that come while nobody takes any pass by without a picture; who takes again gets one that comes then."""
    pause, end, eye = threading.Event(), threading.Event(), Eye()
    script = Script(0, 1, pause, frame(2), end)
    with closing(LiveFeed("cam", lambda: script, eye)) as feed:
        assert script.waits.wait(WAIT_S)
        assert eye.begun == 0
        pause.set()
        assert _codes(feed, 1) == [f"frame {frame(2).at_us}"]
        assert (eye.begun, eye.given_up) == (1, 0)
        end.set()


def test_picture_waits_for_a_turn() -> None:
    """While whoever looks has no turn, nothing is taken; when there is one, the next frame is."""
    end, eye = threading.Event(), Eye()
    eye.may.clear()
    with closing(LiveFeed("cam", lambda: Script(frame(0), end), eye)) as feed:
        while not eye.asked.is_set():
            assert feed.take(0.01) is None
        eye.may.set()
        assert _codes(feed, 1) == [f"frame {frame(0).at_us}"]
        end.set()


def test_turn_is_given_up_when_the_frame_is_torn() -> None:
    """Of a frame that cannot be decoded nothing is looked at: what was begun for it is given up."""
    end, eye = threading.Event(), Eye()
    with closing(LiveFeed("cam", _one_after_the_other(Script(TornError("torn")), Script(end)), eye)) as feed:
        assert _codes(feed, 1) == ["camera-stalled"]
        assert (eye.begun, eye.given_up) == (1, 1)
        end.set()


def test_lost_camera_is_opened_again() -> None:
    """After a loss the camera is told lost, opened anew and its frames go on; the old one is let go."""
    first = Script(frame(0), SourceLostError("cable"))
    second = Script(frame(1))
    with closing(LiveFeed("cam", _one_after_the_other(first, second), Eye())) as feed:
        assert _codes(feed, 4) == [f"frame {frame(0).at_us}", "camera-stalled", f"frame {frame(1).at_us}", "ended"]
    assert first.closed


def test_unreachable_camera_is_tried_again() -> None:
    """A camera that cannot be opened is told with its own problem and tried until it answers."""
    refused = ProblemError("camera-unreachable", camera="cam", source="rtsp://x")
    with closing(LiveFeed("cam", _one_after_the_other(refused, refused, Script(frame(0))), Eye())) as feed:
        assert _codes(feed, 3) == ["camera-unreachable", "camera-unreachable", f"frame {frame(0).at_us}"]


def test_silent_camera_is_stalled_then_stuck() -> None:
    """A read that never returns is told once as a stall, and ends the process if it lasts: no thread can be stopped."""
    end = threading.Event()
    with closing(LiveFeed("cam", lambda: Script(end), Eye())) as feed:
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
    with closing(LiveFeed("cam", lambda: Script(end), Eye())) as feed:
        assert feed.take(0.01) is None
        end.set()


def test_starved_reader_is_no_stalled_camera(monkeypatch: pytest.MonkeyPatch) -> None:
    """Silence in which the reading thread waits for a processor is no stall; what is left of it is."""
    end, waited = threading.Event(), [7.0]
    monkeypatch.setattr("edge.vision.feed.waited_s", lambda _pid, _thread: waited[-1])
    with closing(LiveFeed("cam", lambda: Script(end), Eye())) as feed:
        for silent_s, starved_s in ((2, 0.0), (30, 29.0)):
            feed._heard_ns -= silent_s * 1_000_000_000
            waited.append(7.0 + starved_s)
            assert feed.take(0) is None
        feed._heard_ns -= 6_000_000_000
        assert isinstance(feed.take(0), Lost)
        end.set()
