# SPDX-License-Identifier: Apache-2.0

from edge.contract.words import Lane
from edge.sync.actions import Connect, Disconnect, Forget, Publish, Resubscribe, Wait
from edge.sync.roads import SHORTEST_S
from edge.sync.session import Session
from edge.sync.settings import Limits, SessionSettings
from tests.sync.bench import ACK_TIMEOUT_S, DEAF, EPOCH, START, Bench, ack

RECORD, STATE, METRIC, URGENT = Lane.RECORD, Lane.STATE, Lane.METRIC, Lane.URGENT
HUB = SessionSettings(EPOCH, window=4, ack_timeout_s=ACK_TIMEOUT_S)
BROKER = SessionSettings(EPOCH, trust="broker", window=4, ack_timeout_s=ACK_TIMEOUT_S)


def test_nothing_to_do_waits_for_ever(bench: Bench) -> None:
    """A session without rows asks for no timer: an idle device sleeps."""
    bench.connect()
    assert bench.next() == Wait(None)
    assert bench.session.connected
    assert not bench.silent()


def test_acked_rows_are_forgotten_once(bench: Bench) -> None:
    """An acknowledgement is told to the store when it moves the watermark, and only then."""
    bench.connect()
    bench.rows(RECORD, 25)
    assert bench.send_all() == [(RECORD, 1, 10), (RECORD, 11, 20)]
    assert bench.acked(ack({RECORD: 20})) == [Forget(RECORD, 20)]
    assert bench.session.in_flight == 0
    assert bench.acked(ack({RECORD: 20})) == []
    assert bench.send_all() == [(RECORD, 21, 25)]


def test_ack_in_the_middle_of_a_batch_leaves_it_in_flight(bench: Bench) -> None:
    """The hub may have a part of a batch: that part goes, the rest is still owed."""
    bench.connect()
    bench.rows(RECORD, 10)
    bench.send_all()
    assert bench.acked(ack({RECORD: 4})) == [Forget(RECORD, 4)]
    assert bench.session.in_flight == 1


def test_ack_of_another_epoch_is_nobodys(bench: Bench) -> None:
    """A hub that speaks of a former store neither frees rows nor counts as having answered."""
    bench.connect()
    bench.rows(RECORD, 10)
    bench.send_all()
    assert bench.acked(ack({RECORD: 10}, epoch="e0")) == []
    assert bench.session.in_flight == 1


def test_ack_beyond_what_was_ever_written_is_ignored(bench: Bench) -> None:
    """A number no row has is a mistake, and a mistake deletes nothing."""
    bench.connect()
    bench.rows(RECORD, 30)
    bench.send()
    assert bench.acked(ack({RECORD: 31})) == []
    assert bench.session.in_flight == 1


def test_hub_has_more_than_was_sent(bench: Bench) -> None:
    """A backlog that reached the hub on a stick is sent all the same, batch by batch, and no window stands still."""
    bench.connect(Limits(receive_maximum=2))
    bench.rows(RECORD, 50)
    for last in range(10, 60, 10):
        assert bench.send() == (RECORD, last - 9, last)
        bench.delivered(last // 10)
        assert bench.acked(ack({RECORD: 50})) == [Forget(RECORD, last)]
    assert bench.send() is None
    assert not bench.silent()


def test_ack_of_a_former_life_does_not_stop_a_window_of_one() -> None:
    """The hub has what an agent sent that died before it heard: the next one moves on batch by batch, not never."""
    acked = dict.fromkeys(Lane, 0)
    session = Session(HUB, {**acked, RECORD: 30}, acked, START.timestamp() - 1)
    session.link_up(Limits(receive_maximum=1), 0.0)
    for token, last in enumerate((10, 20, 30)):
        assert session.next(0.0, 0.5) == Publish(RECORD, last - 10)
        session.published(token, RECORD, last - 9, last, 0.0)
        session.delivered(token, code=0, now_s=0.0, chance=0.5)
        assert session.acked(ack({RECORD: 30}), 0.0) == [Forget(RECORD, last)]


def test_stale_ack_is_older_news(bench: Bench) -> None:
    """An acknowledgement that took a detour is not a hub restored from a backup."""
    bench.connect()
    bench.rows(RECORD, 10)
    bench.send_all()
    bench.delivered(1)
    bench.acked(ack({RECORD: 10}, at_s=10))
    assert bench.acked(ack({RECORD: 3}, at_s=5)) == []
    assert bench.next() == Wait(None)


def test_late_ack_after_rewind(bench: Bench) -> None:
    """After a reconnect an acknowledgement of the old link still counts, and spares sending again."""
    bench.connect()
    bench.rows(RECORD, 20)
    bench.send_all()
    bench.session.link_down(0.0, 0.5)
    bench.session.link_up(Limits(), 0.0)
    assert bench.acked(ack({RECORD: 20})) == [Forget(RECORD, 20)]
    assert bench.send_all() == []


def test_link_lost_in_mid_batch(bench: Bench) -> None:
    """What the broker had not answered, and what the hub had not, goes again over the next link."""
    bench.connect()
    bench.rows(RECORD, 20)
    bench.send_all()
    bench.delivered(1)
    bench.session.link_down(0.0, 0.5)
    assert bench.next() == Wait(1.0)
    bench.now_s = 1.0
    bench.connect()
    assert bench.send_all() == [(RECORD, 1, 10), (RECORD, 11, 20)]


def test_network_change_ends_the_wait(bench: Bench) -> None:
    """When the network comes back nobody waits for the rest of a backoff."""
    bench.session.link_down(0.0, 1.0)
    assert isinstance(bench.next(), Wait)
    bench.session.network_changed()
    assert bench.next() == Connect()


def test_broker_that_greets_and_hangs_up_is_called_less_and_less(bench: Bench) -> None:
    """A greeting is no success: only an answered batch makes the waits short again."""
    bench.rows(RECORD, 20)
    waits = []
    for _ in range(4):
        bench.session.link_up(Limits(), -SHORTEST_S)
        bench.send()
        bench.session.link_down(0.0, 1.0)
        waits.append(bench.next())
    assert waits == [Wait(1.5), Wait(4.5), Wait(13.5), Wait(40.5)]
    bench.session.link_up(Limits(), -SHORTEST_S)
    bench.send()
    bench.delivered(bench.tokens)
    bench.session.link_down(0.0, 1.0)
    assert bench.next() == Wait(1.5)


def test_broker_frozen(bench: Bench) -> None:
    """A link on which nothing is answered is given up after the time-out, not after the keep-alive."""
    bench.connect()
    bench.rows(RECORD, 10)
    bench.send_all()
    assert bench.next() == Wait(ACK_TIMEOUT_S)
    bench.now_s = ACK_TIMEOUT_S
    assert bench.next() == Disconnect("no answer from the broker")


def test_broker_frozen_before_the_first_batch(bench: Bench) -> None:
    """What else was said counts too: a greeting that is never answered shows a dead link without any row."""
    bench.connect()
    bench.session.said(99, 0.0)
    assert bench.next() == Wait(ACK_TIMEOUT_S)
    bench.now_s = ACK_TIMEOUT_S
    assert isinstance(bench.next(), Disconnect)


def test_hub_silent(bench: Bench) -> None:
    """The broker takes everything and the hub says nothing: batches go again one at a time, ever more seldom."""
    bench.connect()
    bench.rows(RECORD, 40)
    bench.send_all()
    for token in (1, 2):
        bench.delivered(token)
    bench.now_s = ACK_TIMEOUT_S
    assert bench.next() == Resubscribe()
    assert bench.next() == Wait(ACK_TIMEOUT_S + 1.0)
    assert bench.silent()
    bench.now_s += 1.0
    assert bench.send_all() == [(RECORD, 1, 10)]
    assert bench.acked(ack({RECORD: 20})) == [Forget(RECORD, 20)]
    assert not bench.silent()
    assert bench.send_all() == [(RECORD, 21, 30), (RECORD, 31, 40)]


def test_broker_deaf(bench: Bench) -> None:
    """Reason 0x10, nobody subscribes: the row is kept and offered again after a quiet while."""
    bench.connect()
    bench.rows(RECORD, 20)
    bench.send_all()
    assert bench.delivered(1, code=DEAF) == []
    assert bench.next() == Wait(1.0)
    bench.now_s = 1.0
    assert bench.send_all() == [(RECORD, 1, 10)]
    bench.delivered(3, code=DEAF)
    assert bench.next() == Wait(2.75)


def test_answers_for_given_up_batches_free_the_receive_maximum(bench: Bench) -> None:
    """The broker still counts what we gave up: sending more at once would break its Receive Maximum."""
    bench.connect(Limits(receive_maximum=4))
    bench.rows(RECORD, 40)
    bench.send()
    bench.send()
    assert bench.acked(ack({}, resend=((RECORD, 1, 20),))) == []
    bench.session.said(90, 0.0)
    bench.session.said(91, 0.0)
    assert bench.send() is None
    assert bench.delivered(1) == []
    assert bench.send() == (RECORD, 1, 10)
    assert bench.send() is None


def test_answer_for_an_unknown_batch_is_nothing(bench: Bench) -> None:
    """Presence and batches of a former link are answered too; nobody waits for those answers."""
    bench.connect()
    assert bench.delivered(77) == []


def test_quiet_time_does_not_hide_a_frozen_link() -> None:
    """While the hub is left in peace, the link is still watched."""
    bench = Bench(SessionSettings(EPOCH, window=4, ack_timeout_s=2.0, backoff_min_s=30.0))
    bench.connect()
    bench.rows(RECORD, 40)
    bench.send()
    bench.send()
    bench.delivered(1, code=DEAF)
    assert bench.next() == Wait(2.0)
    bench.now_s = 2.0
    assert isinstance(bench.next(), Disconnect)


def test_resend_storm(bench: Bench) -> None:
    """A hub that asks again with every acknowledgement gets the rows again once per time-out, not every time."""
    bench.connect()
    bench.rows(METRIC, 20)
    bench.send_all()
    wanted = ((METRIC, 3, 5),)
    for _ in range(5):
        bench.acked(ack({}, resend=wanted))
    assert bench.send_all() == [(METRIC, 3, 12), (METRIC, 13, 20)]
    bench.acked(ack({}, resend=wanted))
    assert bench.send_all() == []
    bench.now_s = ACK_TIMEOUT_S
    bench.acked(ack({}, resend=wanted))
    bench.session.link_up(Limits(), 0.0)
    assert bench.send() == (METRIC, 1, 10)


def test_resend_of_what_was_never_sent_or_is_gone(bench: Bench) -> None:
    """Rows ahead of us come in their turn; rows the hub acknowledged are not here any more."""
    bench.connect()
    bench.rows(METRIC, 30)
    bench.send()
    bench.acked(ack({}, resend=((METRIC, 21, 30),)))
    assert bench.send() == (METRIC, 11, 20)
    bench.acked(ack({METRIC: 10}, at_s=1))
    bench.acked(ack({}, at_s=1, resend=((METRIC, 1, 30),)))
    assert bench.send() == (METRIC, 11, 20)


def test_window_holds_and_urgent_overtakes(bench: Bench) -> None:
    """A backlog fills the window but for two places, in which only alarms travel."""
    bench.connect()
    bench.rows(METRIC, 100)
    assert bench.send_all() == [(METRIC, 1, 10), (METRIC, 11, 20)]
    bench.rows(URGENT, 100)
    assert bench.send_all() == [(URGENT, 1, 10), (URGENT, 11, 20)]
    assert bench.session.in_flight == 4


def test_lanes_go_in_their_order(bench: Bench) -> None:
    """What is more urgent goes first, whatever came first."""
    bench.connect()
    for lane in (METRIC, STATE, RECORD):
        bench.rows(lane, 5)
    assert bench.send() == (RECORD, 1, 5)
    assert bench.send() == (STATE, 1, 5)


def test_receive_maximum_of_one(bench: Bench) -> None:
    """A broker that takes one message at a time gets one at a time, and the backlog still drains."""
    bench.connect(Limits(receive_maximum=1))
    bench.rows(METRIC, 30)
    for last in (10, 20, 30):
        assert bench.send() == (METRIC, last - 9, last)
        assert bench.send() is None
        bench.delivered(bench.tokens)
        assert bench.acked(ack({METRIC: last})) == [Forget(METRIC, last)]


def test_trust_broker_forgets_what_landed_in_order() -> None:
    """Without a hub's word the broker's answer counts, but never over a batch that is still under way."""
    bench = Bench(SessionSettings(EPOCH, trust="broker", window=5))
    bench.connect()
    bench.rows(RECORD, 25)
    bench.rows(URGENT, 5)
    bench.send_all()
    assert bench.delivered(3) == []
    assert bench.delivered(1) == [Forget(URGENT, 5)]
    assert bench.delivered(2) == [Forget(RECORD, 20)]


def test_trust_broker_keeps_what_nobody_heard() -> None:
    """With no subscriber the broker has kept nothing, so neither is anything forgotten here."""
    bench = Bench(BROKER)
    bench.connect()
    bench.rows(RECORD, 20)
    bench.send_all()
    assert bench.delivered(2) == []
    assert bench.delivered(1, code=DEAF) == []
    bench.now_s = 5.0
    assert bench.send() == (RECORD, 1, 10)


def test_trust_broker_after_an_ack_of_a_hub() -> None:
    """A hub may speak although it is not asked: what it said is not said again by the broker."""
    bench = Bench(BROKER)
    bench.connect()
    bench.rows(RECORD, 20)
    bench.rows(STATE, 5)
    bench.send_all()
    assert bench.acked(ack({RECORD: 19})) == [Forget(RECORD, 19)]
    assert bench.delivered(2) == [Forget(RECORD, 20)]
    bench.acked(ack({RECORD: 20}))
    assert bench.delivered(1) == []


def test_trust_broker_while_the_hub_is_behind_it() -> None:
    """What the broker took before the hub did is on its way to it: the hub is not told that it will never come."""
    bench = Bench(BROKER)
    bench.connect()
    bench.rows(RECORD, 20)
    bench.send_all()
    assert bench.delivered(1) == [Forget(RECORD, 10)]
    assert bench.delivered(2) == [Forget(RECORD, 20)]
    assert bench.acked(ack({RECORD: 10}, at_s=1)) == []


def test_shed_rows_are_passed_over(bench: Bench) -> None:
    """A range that is gone from the store holds nothing up, and the hub may acknowledge beyond it."""
    bench.connect()
    bench.rows(METRIC, 20)
    assert bench.next() == Publish(METRIC, 0)
    bench.session.nothing_there(METRIC, 20)
    assert bench.next() == Wait(None)
    assert bench.acked(ack({METRIC: 20})) == [Forget(METRIC, 20)]


def test_row_too_large_for_this_broker_holds_up_its_lane_alone(bench: Bench) -> None:
    """Sending it would end the link again and again; the next broker may take it."""
    bench.connect()
    bench.rows(STATE, 10)
    bench.rows(METRIC, 10)
    bench.session.hold(STATE)
    assert bench.send_all() == [(METRIC, 1, 10)]
    bench.session.link_up(Limits(), 0.0)
    assert bench.send() == (STATE, 1, 10)


def test_send_again(bench: Bench) -> None:
    """An operator may ask for everything once more."""
    bench.connect()
    bench.rows(STATE, 10)
    bench.send_all()
    bench.session.send_again()
    assert bench.send_all() == [(STATE, 1, 10)]
