# SPDX-License-Identifier: Apache-2.0
"""What the agent keeps at the broker of itself."""

from edge.agent.introduction import Introduction
from edge.contract.local import CameraState, LinkState, Status
from edge.contract.presence import Presence, Reported
from edge.contract.problems import Problem
from edge.contract.words import ClockQuality
from edge.core.clock import ManualClock, Now

CLOCK = ManualClock(Now(1_800_000_000_000_000, 5_000, ClockQuality.SYNCED))


class Told:
    """A status that can be changed."""

    def __init__(self) -> None:
        """One camera that is there."""
        self.frames = 0
        self.online = True
        self.problems: tuple[Problem, ...] = ()

    def status(self) -> Status:
        """The status now."""
        camera = CameraState(name="east", online=self.online, frames=self.frames, dropped=0, restarts=0, tracks=0)
        return Status(
            device="pole-1",
            agent="0",
            pid=1,
            boot="b",
            epoch="e",
            uptime_s=1,
            clock="synced",
            roles=("illegal_parking",),
            link=LinkState(connected=True, broker="x"),
            lanes={},
            cameras=(camera,),
            problems=self.problems,
        )


def introduced(told: Told) -> Introduction:
    """An agent in its third boot."""
    return Introduction("b", 3, "e", ("illegal_parking",), CLOCK, told.status)


def test_state_is_said_again_only_when_it_is_another() -> None:
    """Frames never stand still and are no news; a camera lost is, and a problem is."""
    told = Told()
    us = introduced(told)
    assert not us.outdated()
    first = Reported.model_validate_json(us.reported())
    told.frames += 1
    assert not us.outdated()
    told.online = False
    assert us.outdated()
    second = Reported.model_validate_json(us.reported())
    assert not us.outdated()
    told.problems = (Problem(code="hub-silent"),)
    third = Reported.model_validate_json(us.reported())
    assert first.revision < second.revision < third.revision
    assert second.state["cameras"] == [{"name": "east", "online": False, "restarts": 0}]
    assert [problem.code for problem in third.problems] == ["hub-silent"]


def test_revision_does_not_rise_without_a_change() -> None:
    """Whoever connects again says the same state under the same revision."""
    us = introduced(Told())
    assert us.reported() == us.reported()


def test_presence_says_who_is_there_and_who_is_gone() -> None:
    """The will and the greeting differ in one word."""
    us = introduced(Told())
    there, gone = (Presence.model_validate_json(said) for said in (us.online(), us.offline()))
    assert (there.online, gone.online) == (True, False)
    assert there.model_copy(update={"online": False}) == gone
