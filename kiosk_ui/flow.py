# SPDX-License-Identifier: Apache-2.0
"""What the terminal shows, as a pure state machine: facts in, next state and what to do on the line out.

Invariants:
1. "In service" is shown only while the agent answers: its last answer is younger than `ASK_EVERY_S + ANSWER_WAIT_S`.
2. The flow never gives up: in every state a tick later asks or connects again.
3. What a citizen reads depends on `screen` alone.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import assert_never

from edge.contract.local import Status

ASK_EVERY_S = 2.0
"""How old the answer on the screen may get before it is asked for again."""
ANSWER_WAIT_S = 5.0
"""An agent that needs longer is as good as absent to whoever stands before the screen."""
RETRY_S = 1.0
"""A Unix socket costs nothing to try, and an agent starts in about a second."""
PATIENCE_S = 8.0
"""At power-up the screen is often there first; until then it says that it is starting, and apologises only later."""
STOPS_SERVICE = frozenset({"disk-full", "store-failed", "store-busy"})
"""Problems under which the agent can keep nothing, so that a citizen's request would be lost."""


class Reason(StrEnum):
    """Why the terminal is out of service, by the problem's code: staff read it off the screen's corner."""

    ABSENT = "screen-agent-absent"
    SILENT = "screen-agent-silent"
    UNINTELLIGIBLE = "screen-agent-unintelligible"


@dataclass(frozen=True)
class Starting:
    """The terminal has been on for a moment and knows nothing yet."""


@dataclass(frozen=True)
class InService:
    """The agent answers and can keep what citizens hand in. Off line it keeps it until the hub is reached again."""

    device: str
    online: bool


@dataclass(frozen=True)
class OutOfService:
    """Nothing can be done here now. `code` is a problem of the catalogue; `device` is known if ever it was heard."""

    code: str
    device: str | None = None


Screen = Starting | InService | OutOfService


@dataclass(frozen=True)
class Apart:
    """Not connected; the next try is due at `retry_s`."""

    retry_s: float


@dataclass(frozen=True)
class Joining:
    """Connecting since `since_s`."""

    since_s: float


@dataclass(frozen=True)
class Asked:
    """Connected, and waiting for an answer since `since_s`."""

    since_s: float


@dataclass(frozen=True)
class Answered:
    """Connected and content; the next question is due at `ask_s`."""

    ask_s: float


Line = Apart | Joining | Asked | Answered


@dataclass(frozen=True)
class Flow:
    """All that the screen process remembers."""

    screen: Screen
    line: Line
    started_s: float
    device: str | None = None
    clock_set: bool = False


@dataclass(frozen=True)
class Ticked:
    """Time has passed."""


@dataclass(frozen=True)
class Joined:
    """The socket is connected."""


@dataclass(frozen=True)
class Parted:
    """The socket is closed, or could not be connected."""


@dataclass(frozen=True)
class Heard:
    """The agent answered."""

    status: Status


@dataclass(frozen=True)
class Garbled:
    """The agent said something that is no status."""


Fact = Ticked | Joined | Parted | Heard | Garbled


class Act(StrEnum):
    """What the line must do. `HANG_UP` is not answered by `Parted`."""

    CONNECT = "connect"
    ASK = "ask"
    HANG_UP = "hang up"


def first_flow(now_s: float) -> Flow:
    """The state at power-up; the first tick connects."""
    return Flow(screen=Starting(), line=Apart(retry_s=now_s), started_s=now_s)


def step(flow: Flow, fact: Fact, now_s: float) -> tuple[Flow, tuple[Act, ...]]:
    """The next state, and what to do in this order. `now_s` is any clock that never goes back."""
    match fact:
        case Ticked():
            return _ticked(flow, now_s)
        case Joined():
            return replace(flow, line=Asked(now_s)), (Act.ASK,)
        case Parted():
            return _apart(flow, Reason.ABSENT, now_s), ()
        case Heard(status):
            return _heard(flow, status, now_s), ()
        case Garbled():
            return _apart(flow, Reason.UNINTELLIGIBLE, now_s), (Act.HANG_UP,)
        case _:
            assert_never(fact)


def _ticked(flow: Flow, now_s: float) -> tuple[Flow, tuple[Act, ...]]:
    match flow.line:
        case Apart(retry_s) if now_s >= retry_s:
            return replace(flow, line=Joining(now_s)), (Act.CONNECT,)
        case Joining(since_s) | Asked(since_s) if now_s - since_s >= ANSWER_WAIT_S:
            return _apart(flow, Reason.SILENT, now_s), (Act.HANG_UP,)
        case Answered(ask_s) if now_s >= ask_s:
            return replace(flow, line=Asked(now_s)), (Act.ASK,)
        case Apart() | Joining() | Asked() | Answered():
            return flow, ()
        case _:
            assert_never(flow.line)


def _apart(flow: Flow, reason: Reason, now_s: float) -> Flow:
    impatient = not isinstance(flow.screen, Starting) or now_s - flow.started_s >= PATIENCE_S
    screen = OutOfService(reason.value, flow.device) if impatient else flow.screen
    return replace(flow, screen=screen, line=Apart(now_s + RETRY_S))


def _heard(flow: Flow, status: Status, now_s: float) -> Flow:
    return replace(
        flow,
        screen=_shown(status),
        line=Answered(now_s + ASK_EVERY_S),
        device=status.device,
        clock_set=status.clock != "unset",
    )


def _shown(status: Status) -> Screen:
    for problem in status.problems:
        if problem.code in STOPS_SERVICE:
            return OutOfService(problem.code, status.device)
    return InService(status.device, online=status.link.connected)
