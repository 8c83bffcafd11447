# SPDX-License-Identifier: Apache-2.0

from edge.contract.words import Lane
from edge.sync.budget import PACKET_BYTES, Budget
from edge.sync.session import Session
from edge.sync.settings import Limits, SessionSettings
from tests.sync.bench import EPOCH, Bench

BLOB, METRIC = Lane.BLOB, Lane.METRIC


def test_spent_lane_waits_for_tomorrow_and_no_other_does() -> None:
    """A metered line: pictures stop when their megabytes are gone, alarms and the rest go on, tomorrow all do."""
    budget = Budget({BLOB: 0.001})
    bench = Bench(SessionSettings(EPOCH, window=4))
    bench.session = Session(bench.session._settings, bench.last, bench.last, 0.0, budget=budget)
    bench.session.link_up(Limits(), 0.0)
    bench.rows(BLOB, 20)
    assert bench.session.today("2026-11-24") == frozenset()
    assert bench.send() == (BLOB, 1, 10)
    budget.spend(BLOB, 1000 - PACKET_BYTES)
    assert bench.session.today("2026-11-24") == {BLOB}
    bench.rows(METRIC, 5)
    assert bench.send() == (METRIC, 1, 5)
    assert bench.send() is None
    assert bench.session.today("2026-11-25") == frozenset()
    bench.session.send_again()
    assert bench.send_all() == [(METRIC, 1, 5), (BLOB, 1, 10)]


def test_what_was_spent_today_is_remembered_over_a_restart() -> None:
    """An agent that is restarted every hour must not spend a day's share every hour."""
    budget = Budget({BLOB: 0.001})
    assert budget.metered
    assert budget.closed("today") == frozenset()
    budget.spend(BLOB, 2000)
    again = Budget({BLOB: 0.001}, budget.remembered())
    assert again.closed("today") == {BLOB}
    assert again.closed("tomorrow") == frozenset()
    assert not Budget({}).metered
