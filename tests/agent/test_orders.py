# SPDX-License-Identifier: Apache-2.0
"""Commands that roles heed: led to every role that understands them, done once it is on disk."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

import pytest

from edge.agent import orders as orders_module
from edge.agent.mailbox import RoleMailbox
from edge.agent.orders import Orders
from edge.agent.role_runner import RoleRunner, Surroundings
from edge.agent.status import StatusDesk
from edge.contract.commands import CommandName
from edge.contract.port import PLAN_TYPE
from edge.contract.problems import ProblemError
from edge.contract.words import Lane
from edge.core.clock import ManualClock
from edge.durable.store import Store
from edge.identity.file_keystore import FileKeyStore
from edge.link.courier import Courier
from edge.roles.port_watch.role import ROLE
from tests.durable.stores import NOW, open_bare
from tests.roles.port_watch.quay import settings_of

PLAN = {"plan": "typhoon", "level": "ii", "issued": "2026-08-31T20:00:00+08:00"}


@asynccontextmanager
async def quay(folder: Path, *, running: bool = True) -> AsyncIterator[tuple[Orders, Store]]:
    """A quay's role on a real store, and the desk that leads orders to it."""
    open_bare(folder).close()
    store = Store.open(folder, asyncio.get_running_loop().call_soon_threadsafe, "boot", NOW)
    around = Surroundings(
        store=store,
        clock=ManualClock(NOW),
        device="pole-1",
        keys=lambda: FileKeyStore(folder),
        rings=lambda _: None,
        committed=lambda: None,
    )
    runner = RoleRunner(ROLE, settings_of(), RoleMailbox(), around)
    work = [asyncio.create_task(runner.run())] if running else []
    try:
        yield Orders(cast("StatusDesk", None), cast("Courier", None), (runner,)), store
    finally:
        for task in work:
            task.cancel()
            await asyncio.wait([task])
        store.close()


def test_an_order_is_on_disk_when_it_is_answered(tmp_path: Path) -> None:
    """A power cut after the answer loses nothing: level and event were committed before."""

    async def story() -> None:
        async with quay(tmp_path) as (orders, store):
            done = await orders.handlers[CommandName.RUN_PLAN](dict(PLAN))
            assert done == {"roles": ["port_watch"]}
            state = json.loads(store.role_state("port_watch") or b"{}")
            assert state["plan"]["level"] == "ii"
            assert [json.loads(b"{" + row.body)["type"] for row in store.rows(Lane.RECORD, 0, 9)] == [PLAN_TYPE]

    asyncio.run(story())


def test_the_same_order_again_is_done_and_says_nothing(tmp_path: Path) -> None:
    """As after a power cut between the role's commit and the command's result."""

    async def story() -> None:
        async with quay(tmp_path) as (orders, store):
            for _ in range(2):
                await orders.handlers[CommandName.RUN_PLAN](dict(PLAN))
            assert len(list(store.rows(Lane.RECORD, 0, 9))) == 1

    asyncio.run(story())


@pytest.mark.parametrize("wrong", [{"level": "v"}, {"plan": "night"}, {"issued": "yesterday"}])
def test_an_order_that_no_role_understands_is_invalid(tmp_path: Path, wrong: dict[str, str]) -> None:
    """The argument that is wrong is named."""

    async def story() -> None:
        async with quay(tmp_path) as (orders, _):
            with pytest.raises(ProblemError) as refused:
                await orders.handlers[CommandName.RUN_PLAN](PLAN | wrong)
            assert refused.value.problem.code == "command-invalid"
            assert next(iter(wrong)) in str(refused.value.problem.detail["reason"])

    asyncio.run(story())


def test_a_role_that_does_not_answer_fails_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The link is not kept waiting; the hub reads that nobody has heeded it."""
    monkeypatch.setattr(orders_module, "_HEED_WITHIN_S", 0.01)

    async def story() -> None:
        async with quay(tmp_path, running=False) as (orders, _):
            with pytest.raises(ProblemError) as failed:
                await orders.handlers[CommandName.RUN_PLAN](dict(PLAN))
            assert failed.value.problem.code == "command-unheeded"

    asyncio.run(story())
