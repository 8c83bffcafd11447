# SPDX-License-Identifier: Apache-2.0
import asyncio
import json
import subprocess
import sys
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

from edge.contract.evidence import ChainLink
from edge.contract.evidence_chain import Head, Linked, chain_faults, fingerprint
from edge.contract.evidence_package import MANIFEST_TYP
from edge.contract.words import Lane
from edge.durable.evidence_chain import chain_head
from edge.durable.store import Store
from edge.durable.transaction import Transaction
from edge.identity.device_key import DeviceKey
from edge.identity.file_keystore import FileKeyStore
from tests.agent.chain_writer import DEVICE, sign_one
from tests.agent.stage import Full, staged
from tests.durable.stores import NOW, do, opened, tell_at_once


def linked(store: Store) -> list[Linked]:
    """Every manifest of the outbox, its signature checked."""
    return [_linked(json.loads(b"{" + row.body)["data"]) for row in store.rows(Lane.RECORD, 0, 99_999)]


def _linked(data: dict[str, Any]) -> Linked:
    token = data["manifest"]
    key = DeviceKey.named_in(token)
    assert key
    claims = key.claims(token, MANIFEST_TYP)
    assert claims
    return Linked(DEVICE, key.kid, token, ChainLink.model_validate(claims["chain"]), fingerprint(token))


def whole(store: Store) -> int:
    """How many cases the chain has; it is whole, and the head is its last."""
    chain = linked(store)
    assert chain_faults(chain) == []
    assert [one.link.number for one in chain] == list(range(1, len(chain) + 1))
    last = Head(chain[-1].link.number, chain[-1].sha256) if chain else None
    assert do(store, chain_head) == last
    return len(chain)


def test_a_roles_cases_are_one_chain_over_its_lives(tmp_path: Path) -> None:
    """Each case names the one before it, also when the agent was started anew in between."""

    async def story() -> None:
        for life in (1, 2, 3):
            async with staged(tmp_path) as stage:
                stage.camera("keep")
                await stage.until(lambda life=life: len(stage.rows()) == life)  # type: ignore[misc]

    asyncio.run(story())
    with opened(tmp_path) as store:
        assert whole(store) == 3


def test_a_commit_that_fails_takes_no_number(tmp_path: Path) -> None:
    """The head moves with the case or not at all: what is tried again gets the number that was never given."""

    async def story() -> None:
        async with staged(tmp_path) as stage:
            with Full(Transaction, "set_role_state") as disk:
                stage.camera("keep")
                await stage.until(lambda: disk.tries > 3)
            await stage.until(stage.rows)

    asyncio.run(story())
    with opened(tmp_path) as store:
        assert whole(store) == 1


def test_power_cut_never_forks_the_chain(tmp_path: Path) -> None:
    """Killed with -9 while two writers sign: what was told is there, the chain is whole, and the next one goes on."""
    with opened(tmp_path) as store:
        do(store, partial(sign_one, store=store, keys=FileKeyStore(tmp_path), name="first"))
    told = 1
    for after in (1, 7, 20, 45):
        with subprocess.Popen(
            [sys.executable, "-m", "tests.agent.chain_writer", str(tmp_path)], stdout=subprocess.PIPE
        ) as writer:
            assert writer.stdout
            heard = [int(writer.stdout.readline()) for _ in range(after)]
            writer.kill()
            heard += [int(line) for line in writer.stdout.read().splitlines(keepends=True) if line.endswith(b"\n")]
        with opened(tmp_path) as store:
            count = whole(store)
        assert set(heard) <= set(range(told + 1, count + 1))
        told = count
    assert told > 70


def test_a_new_store_begins_a_chain_that_says_so(tmp_path: Path) -> None:
    """Another epoch is another chain of the same device, whole by itself and beside the first."""
    keys, chains = FileKeyStore(tmp_path), []
    for name in ("old", "new"):
        with closing(Store.open(tmp_path / name, tell_at_once, "boot", NOW)) as store:
            for _ in range(2):
                do(store, partial(sign_one, store=store, keys=keys, name=name))
            chains += linked(store)
    assert len({one.link.epoch for one in chains}) == 2
    assert chain_faults(chains) == []
