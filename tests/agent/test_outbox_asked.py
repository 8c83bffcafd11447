# SPDX-License-Identifier: Apache-2.0
import asyncio
from pathlib import Path
from typing import Any, cast

from edge.agent.front_desk import FrontDesk
from edge.agent.role_runner import Surroundings
from edge.contract.local import LinkState, Outbox, OutboxAsked, Status
from edge.contract.words import Lane
from edge.core.clock import ManualClock
from edge.durable.store import Store
from tests.durable.stores import NOW, new_row, open_bare

LINK = LinkState(connected=True, broker="hub:1883")


class Desk:
    """The status as far as the outbox is asked for: whether there is a link."""

    def status(self) -> Status:
        return Status(
            device="pole-1",
            agent="0.1",
            pid=1,
            boot="b",
            epoch="e",
            uptime_s=1.0,
            clock="held",
            roles=(),
            link=LINK,
            lanes={},
        )


async def asked(folder: Path, settle: bool) -> tuple[Outbox, list[int]]:
    """Shed twice with the question in between; gives the answer and the rows that tell of it."""
    open_bare(folder).close()
    store = Store.open(folder, asyncio.get_running_loop().call_soon_threadsafe, "boot", NOW)
    try:
        await store.append([new_row(Lane.METRIC) for _ in range(6)])
        told = [await store.commit(lambda txn: txn.shed(Lane.METRIC, 1, 2, "over-cap", NOW))]
        unused: Any = None
        around = Surroundings(store, ManualClock(NOW), "pole-1", unused, unused, committed=lambda: None)
        answer = await FrontDesk(around, cast("Any", Desk()), folder).answer(OutboxAsked(settle=settle))
        told.append(await store.commit(lambda txn: txn.shed(Lane.METRIC, 3, 4, "over-cap", NOW)))
    finally:
        store.close()
    assert isinstance(answer, Outbox)
    return answer, cast("list[int]", told)


def test_the_outbox_is_told_with_the_link(tmp_path: Path) -> None:
    """Lane by lane as it is on disk, and whether it is under way."""
    answer, _ = asyncio.run(asked(tmp_path, settle=False))
    metric = answer.lanes[Lane.METRIC]
    assert (metric.rows, metric.shed_rows, metric.last_seq) == (4, 2, 6)
    assert (answer.link, answer.settled) == (LINK, None)


def test_what_is_carried_away_is_never_changed(tmp_path: Path) -> None:
    """A row that tells of given-up ranges grows with them, but not once somebody has carried it away."""
    _, grown = asyncio.run(asked(tmp_path / "one", settle=False))
    answer, told = asyncio.run(asked(tmp_path / "two", settle=True))
    assert grown == [1, 1]
    assert (answer.settled, told) == (1, [1, 2])


def test_an_empty_outbox_is_settled_too(tmp_path: Path) -> None:
    """There is nothing to leave alone."""

    async def story() -> object:
        open_bare(tmp_path).close()
        store = Store.open(tmp_path, asyncio.get_running_loop().call_soon_threadsafe, "boot", NOW)
        unused: Any = None
        around = Surroundings(store, ManualClock(NOW), "pole-1", unused, unused, committed=lambda: None)
        answer = await FrontDesk(around, cast("Any", Desk()), tmp_path).answer(OutboxAsked(settle=True))
        store.close()
        return answer

    answer = asyncio.run(story())
    assert isinstance(answer, Outbox)
    assert answer.settled == 0
