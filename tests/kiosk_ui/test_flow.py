# SPDX-License-Identifier: Apache-2.0
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk_ui.fake_agent import healthy_status
from kiosk_ui.flow import (
    ANSWER_WAIT_S,
    ASK_EVERY_S,
    PATIENCE_S,
    RETRY_S,
    STOPS_SERVICE,
    Act,
    Fact,
    Flow,
    Garbled,
    Heard,
    InService,
    Joined,
    OutOfService,
    Parted,
    Reason,
    Starting,
    Ticked,
    first_flow,
    step,
)

HEALTHY = Heard(healthy_status())
FACTS = st.sampled_from([Ticked(), Joined(), Parted(), HEALTHY, Heard(healthy_status(online=False)), Garbled()])


def played(*story: tuple[float, Fact], flow: Flow | None = None) -> tuple[Flow, list[Act]]:
    """A story from power-up at 0 s: the state it ends in, and all that was done on the line."""
    now = flow or first_flow(0.0)
    done: list[Act] = []
    for at_s, fact in story:
        now, acts = step(now, fact, at_s)
        done += acts
    return now, done


IN_SERVICE, _ = played((0.0, Ticked()), (0.1, Joined()), (0.2, HEALTHY))


def test_power_up_connects_asks_and_opens() -> None:
    """The way into service is one connection, one question, one answer."""
    flow, done = played((0.0, Ticked()), (0.1, Joined()), (0.2, HEALTHY))
    assert done == [Act.CONNECT, Act.ASK]
    assert flow.screen == InService("terminal-07", online=True)


def test_screen_that_is_up_first_does_not_apologise_at_once() -> None:
    """At power-up the agent may come later than the screen; until patience ends the screen says that it is starting."""
    flow, _ = played((0.0, Ticked()), (0.1, Parted()))
    assert flow.screen == Starting()
    flow, _ = played((PATIENCE_S, Ticked()), (PATIENCE_S + 0.1, Parted()), flow=flow)
    assert flow.screen == OutOfService(Reason.ABSENT)


def test_agent_restart_shows_at_once_and_keeps_the_name() -> None:
    """A dropped connection puts the terminal out of service in the same moment, still saying which terminal it is."""
    flow, _ = played((0.5, Parted()), flow=IN_SERVICE)
    assert flow.screen == OutOfService(Reason.ABSENT, "terminal-07")


def test_agent_that_is_back_opens_the_terminal_again() -> None:
    """After a restart the screen comes back by itself."""
    flow, done = played((1.0, Parted()), (2.0, Ticked()), (2.1, Joined()), (2.2, HEALTHY), flow=IN_SERVICE)
    assert done == [Act.CONNECT, Act.ASK]
    assert isinstance(flow.screen, InService)


def test_agent_that_hangs_is_hung_up_on() -> None:
    """A connection that stays open but gives no answer is no service."""
    asked_s = 0.2 + ASK_EVERY_S
    flow, done = played((asked_s, Ticked()), (asked_s + ANSWER_WAIT_S, Ticked()), flow=IN_SERVICE)
    assert done == [Act.ASK, Act.HANG_UP]
    assert flow.screen == OutOfService(Reason.SILENT, "terminal-07")


def test_connection_that_never_opens_is_given_up() -> None:
    """A socket whose owner accepts nobody is tried anew rather than waited for."""
    flow, done = played((0.0, Ticked()), (ANSWER_WAIT_S, Ticked()), (ANSWER_WAIT_S + RETRY_S, Ticked()))
    assert done == [Act.CONNECT, Act.HANG_UP, Act.CONNECT]
    assert flow.screen == Starting()


def test_nonsense_is_hung_up_on() -> None:
    """An answer that is no status means another version or another program: out of service, and try again."""
    flow, done = played((0.5, Garbled()), flow=IN_SERVICE)
    assert done == [Act.HANG_UP]
    assert flow.screen == OutOfService(Reason.UNINTELLIGIBLE, "terminal-07")


@pytest.mark.parametrize("code", sorted(STOPS_SERVICE))
def test_agent_that_can_keep_nothing_closes_the_terminal(code: str) -> None:
    """What a citizen hands in while the disk refuses would be lost, so the terminal says no."""
    flow, _ = played((0.5, Heard(healthy_status(problems=(code,)))), flow=IN_SERVICE)
    assert flow.screen == OutOfService(code, "terminal-07")


def test_other_problems_and_a_lost_hub_leave_it_open() -> None:
    """Citizens are served off line; a broken camera elsewhere is not their affair."""
    flow, _ = played((0.5, Heard(healthy_status(online=False, problems=("evidence-gone",)))), flow=IN_SERVICE)
    assert flow.screen == InService("terminal-07", online=False)


def test_unset_clock_is_known() -> None:
    """The flow says whether the time of day may be shown."""
    assert played((0.5, HEALTHY), flow=IN_SERVICE)[0].clock_set
    assert not played((0.5, Heard(healthy_status(clock="unset"))), flow=IN_SERVICE)[0].clock_set


@given(st.lists(FACTS, max_size=20))
def test_in_service_does_not_outlive_the_answers(story: list[Fact]) -> None:
    """Whatever went before, an agent that falls silent closes the terminal once the longest wait is over."""
    flow, _ = played(*((0.1 * at, fact) for at, fact in enumerate(story)))
    silent_s = 0.1 * len(story)
    ticks = round((ASK_EVERY_S + ANSWER_WAIT_S) / 0.5) + 2
    flow, _ = played(*((silent_s + 0.5 * tick, Ticked()) for tick in range(ticks)), flow=flow)
    assert not isinstance(flow.screen, InService)


@given(st.lists(FACTS, max_size=20))
def test_flow_never_gives_up(story: list[Fact]) -> None:
    """From any state, time alone leads to a new connection or a new question."""
    flow, _ = played(*((0.1 * at, fact) for at, fact in enumerate(story)))
    done: list[Act] = []
    for tick in range(4):
        flow, acts = step(flow, Ticked(), 10.0 + 10.0 * tick)
        done += acts
    assert {Act.CONNECT, Act.ASK} & set(done)
