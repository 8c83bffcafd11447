# SPDX-License-Identifier: Apache-2.0
"""A hub that stands where it should not: restored from a backup, moved over what was shed, its clock set back."""

import pytest

from edge.contract.words import Lane
from edge.sync.actions import Ahead, Forget, TellAgain, TellLost, Wait
from edge.sync.hub_clock import CLOCK_SET_BACK, SET_BACK_S
from edge.sync.session import Session
from edge.sync.settings import Limits, SessionSettings
from edge.sync.telling import TELL_AGAIN
from tests.sync.bench import ACK_TIMEOUT_S, Bench, ack

RECORD, STATE = Lane.RECORD, Lane.STATE


def test_hub_restored_from_backup(bench: Bench) -> None:
    """A hub that went back in time gets what is still here again, and is told what is gone, once."""
    bench.connect()
    bench.rows(STATE, 30)
    bench.send_all()
    bench.acked(ack({STATE: 20}, at_s=1))
    assert bench.acked(ack({STATE: 5}, at_s=2)) == [TellLost(STATE, 6, 20)]
    assert bench.acked(ack({STATE: 5}, at_s=3)) == []
    assert bench.acked(ack({STATE: 7}, at_s=4)) == []
    assert bench.send_all() == [(STATE, 21, 30)]
    assert bench.acked(ack({STATE: 2}, at_s=5)) == [TellLost(STATE, 3, 20)]
    assert bench.acked(ack({STATE: 20}, at_s=6)) == []
    assert bench.acked(ack({STATE: 2}, at_s=7)) == [TellLost(STATE, 3, 20)]


def test_hub_restored_to_before_it_was_told(bench: Bench) -> None:
    """What was told of other lanes travelled on lane record: if that went back, it is told once more."""
    bench.connect()
    for lane in (RECORD, STATE):
        bench.rows(lane, 10)
    bench.send_all()
    bench.acked(ack({RECORD: 10, STATE: 10}, at_s=1))
    assert bench.acked(ack({STATE: 5}, at_s=2)) == [TellLost(STATE, 6, 10)]
    assert bench.acked(ack({RECORD: 3}, at_s=3)) == [TellLost(RECORD, 4, 10)]
    assert bench.acked(ack({STATE: 5}, at_s=4)) == [TellLost(STATE, 6, 10)]


@pytest.mark.parametrize("window", [1, 2, 3, 65_535])
def test_what_is_told_gets_through_a_backlog_of_alarms(bench: Bench, window: int) -> None:
    """Alarms beyond a gap cannot be acknowledged before lane record has told of it: they must not fill the window."""
    bench.connect(Limits(receive_maximum=window))
    bench.rows(Lane.URGENT, 10)
    bench.send()
    bench.delivered(1)
    bench.acked(ack({Lane.URGENT: 10}, at_s=1))
    bench.rows(Lane.URGENT, 1000)
    bench.rows(RECORD, 10)
    assert bench.acked(ack({Lane.URGENT: 0}, at_s=2)) == [TellLost(Lane.URGENT, 1, 10)]
    assert bench.send() == (RECORD, 1, 10)
    assert [lane for lane, _, _ in bench.send_all()].count(Lane.URGENT) <= 1


def test_what_is_told_goes_ahead_of_a_backlog_on_its_own_lane(bench: Bench) -> None:
    """The row that tells of the gap lies behind a backlog that nobody can acknowledge before it: it goes first."""
    bench.connect()
    bench.rows(RECORD, 10)
    bench.send()
    bench.acked(ack({RECORD: 10}, at_s=1))
    bench.rows(RECORD, 1000)
    bench.send_all()
    assert bench.acked(ack({RECORD: 5}, at_s=2)) == [TellLost(RECORD, 6, 10)]
    bench.rows(RECORD, 1001)
    bench.session.told(1001)
    assert bench.next() == Ahead(1001)
    bench.session.published_ahead(99, 1001, 1001, bench.now_s)
    assert bench.send_all()
    assert bench.next() == Wait(bench.now_s + ACK_TIMEOUT_S / TELL_AGAIN)
    bench.now_s += ACK_TIMEOUT_S / TELL_AGAIN
    assert bench.next() == Ahead(1001), "it may have been lost behind the broker"
    bench.session.published_ahead(100, 1001, 1001, bench.now_s)
    assert bench.acked(ack({RECORD: 10}, at_s=3)) == []
    bench.now_s += ACK_TIMEOUT_S / TELL_AGAIN
    assert bench.next() != Ahead(1001)


def test_nothing_goes_ahead_over_the_receive_maximum(bench: Bench) -> None:
    """What is told ahead is one publish more, and the broker counts it."""
    bench.connect(Limits(receive_maximum=1))
    bench.rows(RECORD, 10)
    bench.send()
    bench.acked(ack({RECORD: 10}, at_s=1))
    (lost,) = bench.acked(ack({RECORD: 5}, at_s=2))
    assert lost == TellLost(RECORD, 6, 10)
    bench.session.told(11)
    assert not isinstance(bench.next(), Ahead)
    bench.delivered(1)
    assert bench.next() == Ahead(11)
    bench.session.not_ahead(bench.now_s)
    assert not isinstance(bench.next(), Ahead)


def test_what_could_not_be_told_is_told_later(bench: Bench) -> None:
    """A full disk may keep the device from writing down that rows are lost; the next acknowledgement asks again."""
    bench.connect()
    bench.rows(STATE, 10)
    bench.send_all()
    bench.acked(ack({STATE: 10}, at_s=1))
    (lost,) = bench.acked(ack({STATE: 5}, at_s=2))
    assert isinstance(lost, TellLost)
    bench.session.not_told(lost)
    assert bench.acked(ack({STATE: 5}, at_s=3)) == [lost]


def test_hub_moves_over_what_was_shed(bench: Bench) -> None:
    """A hub that was told of a shed range stands behind it without being sent it, once the rows before are there."""
    bench.connect()
    bench.rows(Lane.BLOB, 6)
    bench.batch = 2
    assert bench.send() == (Lane.BLOB, 1, 2)
    bench.session.rows_gone(Lane.BLOB, 5, 5)
    bench.session.rows_gone(Lane.BLOB, 6, 6)
    assert bench.acked(ack({Lane.BLOB: 6}, at_s=1)) == [Forget(Lane.BLOB, 2)]
    assert bench.send() == (Lane.BLOB, 3, 4)
    assert bench.acked(ack({Lane.BLOB: 6}, at_s=2)) == [Forget(Lane.BLOB, 6)]
    assert bench.acked(ack({Lane.BLOB: 7}, at_s=3)) == []


def test_hub_clock_is_set_back(bench: Bench) -> None:
    """An acknowledgement dated in the far future makes the next ones old news, but not for ever."""
    bench.connect()
    bench.rows(STATE, 10)
    bench.send_all()
    bench.acked(ack({STATE: 10}, at_s=1e9))
    told = []
    for second in range(1, CLOCK_SET_BACK + 1):
        told.append(bench.acked(ack({STATE: 4}, at_s=second)))
        bench.now_s += SET_BACK_S / (CLOCK_SET_BACK - 1)
    assert told == [[]] * (CLOCK_SET_BACK - 1) + [[TellLost(STATE, 5, 10)]]


def test_burst_of_old_acks_is_no_new_clock(bench: Bench) -> None:
    """A broker whose answers were lost brings all it holds again at every connection: ever the same, in a moment."""
    bench.connect()
    bench.rows(STATE, 10)
    bench.send_all()
    bench.acked(ack({STATE: 10}, at_s=100))
    for _ in range(5):
        assert [bench.acked(ack({STATE: seq}, at_s=seq)) for seq in range(1, 9)] == [[]] * 8
        bench.now_s += SET_BACK_S


def test_late_news_is_no_new_clock(bench: Bench) -> None:
    """What the broker delivers late comes in any order, or is followed by what is new: no hub was restored."""
    bench.connect()
    bench.rows(STATE, 10)
    bench.send_all()
    bench.acked(ack({STATE: 10}, at_s=100))
    late = [bench.acked(ack({STATE: 4}, at_s=second)) for second in (1, 2, 3, 2, 3, 4)]
    assert late == [[]] * 6
    assert bench.acked(ack({STATE: 10}, at_s=101)) == []
    assert bench.acked(ack({STATE: 4}, at_s=5)) == []


def test_gaps_of_a_former_life_are_known_again() -> None:
    """After a restart the store tells what was shed: a hub that was told may stand behind it."""
    bench = Bench(SessionSettings("e1", ack_timeout_s=ACK_TIMEOUT_S), acked=10)
    bench.session = Session(
        bench.session._settings, {**bench.last, STATE: 30}, bench.last, 0.0, gaps={STATE: [(11, 20)]}
    )
    bench.session.link_up(Limits(), 0.0)
    bench.session.nothing_there(STATE, 20)
    assert bench.acked(ack({STATE: 20}, at_s=1)) == [Forget(STATE, 20)]


def test_hub_that_forgot_what_it_was_told_of_gaps_is_told_again(bench: Bench) -> None:
    """Rows ahead of the watermark were given up, and the hub went back to before it knew: it is told anew, ahead."""
    bench.connect()
    bench.rows(STATE, 10)
    bench.rows(RECORD, 10)
    bench.send_all()
    bench.session.rows_gone(STATE, 16, 20)
    bench.acked(ack({RECORD: 10, STATE: 10}, at_s=1))
    bench.rows(RECORD, 500)
    assert bench.acked(ack({RECORD: 4, STATE: 10}, at_s=2)) == [TellLost(RECORD, 5, 10), TellAgain(4)]
    bench.rows(RECORD, 502)
    for told in (501, 502, 502):  # saying it twice sends it once
        bench.session.told(told)
    assert bench.next() == Ahead(501)
    bench.session.published_ahead(90, 501, 501, bench.now_s)
    assert bench.next() == Ahead(502)
    bench.session.published_ahead(91, 502, 502, bench.now_s)
    bench.acked(ack({RECORD: 10}, at_s=3))
    bench.now_s += ACK_TIMEOUT_S / TELL_AGAIN
    assert bench.next() == Ahead(501), "nobody has acknowledged that row yet"
