# SPDX-License-Identifier: Apache-2.0
"""The command desk over a real store: once only, answered from the journal, resumed after a reboot."""

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from edge.commands.desk import Addressee, CommandDesk, Handler
from edge.contract.commands import CommandName
from edge.contract.problems import ProblemError
from edge.contract.words import ClockQuality, Lane
from edge.core.clock import ManualClock, Now
from edge.durable.store import Store
from edge.identity.file_keystore import FileKeyStore
from edge.identity.trusted_keys import TrustedKeys, unverified_claims

NOON_S = 1_800_000_000
NOON = Now(NOON_S * 1_000_000, 5_000, ClockQuality.SYNCED)


class Bench:
    """A desk with a hub that can sign, and a handler that counts."""

    def __init__(self, folder: Path, store: Store) -> None:
        """Make the hub's key pair and let the desk trust it."""
        self.hub = FileKeyStore(folder / "hub")
        public = folder / "hub.pem"
        public.write_bytes(self.hub.public_pem())
        self.store = store
        self.done: list[dict[str, Any]] = []
        self.fails = False
        handlers: dict[CommandName, Handler] = {CommandName.STATUS: self._handle}
        keys = TrustedKeys({self.hub.kid: public})
        clock = ManualClock(NOON)
        self.desk = CommandDesk(
            store, clock, Addressee("pole-1"), lambda: keys, unverified_claims, handlers, lambda: None
        )

    def signed(self, **changed: object) -> bytes:
        """A command as the hub sends it."""
        claims = {"iss": "hub", "aud": "pole-1", "iat": NOON_S, "exp": NOON_S + 60, "jti": "j-1", "cmd": "status"}
        return self.hub.sign({**claims, **changed}, "command+jwt").encode()

    def results(self) -> list[dict[str, Any]]:
        """`data` of every result event in the outbox."""
        return [json.loads(b"{" + row.body)["data"] for row in self.store.rows(Lane.RECORD, 0, 100)]

    async def _handle(self, args: dict[str, Any]) -> dict[str, Any]:
        if self.fails:
            raise ProblemError("store-busy", path="x")
        self.done.append(args)
        return {"ok": True}


@contextmanager
def bench(folder: Path) -> Iterator[Bench]:
    """A bench over the store in `folder`, on the running loop."""
    store = Store.open(folder / "store", asyncio.get_running_loop().call_soon_threadsafe, "boot", NOON)
    try:
        yield Bench(folder, store)
    finally:
        store.close()


def test_a_repeated_command_is_done_once_and_answered_twice(tmp_path: Path) -> None:
    """QoS 1 delivers twice now and then; the second time the journal answers."""

    async def play() -> None:
        with bench(tmp_path) as at:
            await at.desk.take(at.signed())
            await at.desk.take(at.signed())
            assert len(at.done) == 1
            assert [result["status"] for result in at.results()] == ["done", "done"]
            assert at.results()[0] == at.results()[1]

    asyncio.run(play())


@pytest.mark.parametrize("cmd", ["set-lamp", "update"])
def test_a_command_this_device_cannot_do_is_refused_and_final(tmp_path: Path, cmd: str) -> None:
    """Every command reaches a terminal status, also one that no handler knows."""

    async def play() -> None:
        with bench(tmp_path) as at:
            await at.desk.take(at.signed(cmd=cmd))
            (result,) = at.results()
            assert result["status"] == "refused"
            assert result["problem"]["code"] == "command-not-here"
            assert not at.store.unfinished_commands()

    asyncio.run(play())


def test_a_handler_that_fails_says_why(tmp_path: Path) -> None:
    """An expected failure of a handler is the command's result."""

    async def play() -> None:
        with bench(tmp_path) as at:
            at.fails = True
            await at.desk.take(at.signed())
            (result,) = at.results()
            assert (result["status"], result["problem"]["code"]) == ("failed", "store-busy")

    asyncio.run(play())


def test_a_stranger_cannot_command_nor_spoil_an_id(tmp_path: Path) -> None:
    """A forged command is refused without entering the journal, so the real one of that id still works."""

    async def play() -> None:
        with bench(tmp_path) as at:
            forged = FileKeyStore(tmp_path / "stranger")
            claims = {"iss": "hub", "aud": "pole-1", "iat": NOON_S, "exp": NOON_S + 60, "jti": "j-1", "cmd": "status"}
            await at.desk.take(forged.sign(claims, "command+jwt").encode())
            assert not at.done
            await at.desk.take(at.signed())
            assert [result["status"] for result in at.results()] == ["refused", "done"]
            assert at.results()[0]["problem"]["code"] == "command-untrusted"

    asyncio.run(play())


@pytest.mark.parametrize("payload", [b"", b"garbage", b"\xff\xfe", b"a.b.c", b"{}"])
def test_noise_on_the_command_topic_is_refused(tmp_path: Path, payload: bytes) -> None:
    """Whatever arrives, the desk neither acts nor falls over."""

    async def play() -> None:
        with bench(tmp_path) as at:
            await at.desk.take(payload)
            (result,) = at.results()
            assert result["problem"]["code"] == "command-untrusted"

    asyncio.run(play())


def test_a_desired_state_is_no_command(tmp_path: Path) -> None:
    """A JWS signed for another purpose is not taken, though the key is right."""

    async def play() -> None:
        with bench(tmp_path) as at:
            claims = {"iss": "hub", "aud": "pole-1", "iat": NOON_S, "exp": NOON_S + 60, "jti": "j-1", "cmd": "status"}
            await at.desk.take(at.hub.sign(claims, "desired+jwt").encode())
            assert not at.done

    asyncio.run(play())


def test_an_expired_command_is_told_as_expired(tmp_path: Path) -> None:
    """A device that was away for a week does not do last week's work."""

    async def play() -> None:
        with bench(tmp_path) as at:
            await at.desk.take(at.signed(iat=NOON_S - 1000, exp=NOON_S - 500))
            (result,) = at.results()
            assert result["status"] == "expired"

    asyncio.run(play())


def test_what_was_begun_before_a_reboot_is_finished_after_it(tmp_path: Path) -> None:
    """Accepted and journalled, then the power went: the next start carries it out and answers."""

    async def interrupted() -> None:
        with bench(tmp_path) as at:

            async def power_cut(_args: dict[str, Any]) -> dict[str, Any]:
                raise asyncio.CancelledError

            at.desk._handlers = {CommandName.STATUS: power_cut}
            with pytest.raises(asyncio.CancelledError):
                await at.desk.take(at.signed())
            assert not at.results()

    async def next_boot() -> None:
        with bench(tmp_path) as at:
            await at.desk.resume()
            assert len(at.done) == 1
            assert [result["status"] for result in at.results()] == ["done"]

    asyncio.run(interrupted())
    asyncio.run(next_boot())
