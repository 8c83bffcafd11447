# SPDX-License-Identifier: Apache-2.0
"""`edge-agent run`: the agent of one device, until it is told to stop."""

import argparse
import asyncio
import contextlib
import gc
import logging
import os
import signal
import sys

from edge.agent.arguments import add_config
from edge.agent.service_manager import ServiceManager
from edge.agent.supervisor import Part, Supervisor
from edge.agent.timekeeper import Timekeeper
from edge.agent.wiring import Agent, wire
from edge.config.load import LoadedConfig, load_config
from edge.core.clock import SystemClock
from edge.durable.ballast import BALLAST_BYTES
from edge.durable.quota import Quota
from edge.durable.store import Store
from edge.health.machine import look, read_boot_id


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the verb takes."""
    add_config(parser)
    parser.add_argument("--verbose", action="store_true", help="say more on stderr")


def run(args: argparse.Namespace) -> int:
    """Run until SIGTERM or SIGINT; exit 0 after a clean stop, 1 if the agent had to give up."""
    logging.basicConfig(
        level=logging.DEBUG if args.verbose else logging.INFO,
        format="%(asctime)s %(levelname)-7s %(message)s",
        stream=sys.stderr,
    )
    loaded = load_config(args.config, os.environ)
    asyncio.run(_run(loaded))
    return 0


async def _run(loaded: LoadedConfig) -> None:
    loop = asyncio.get_running_loop()
    started, boot_id = SystemClock().now(), read_boot_id()
    folder = loaded.config.store.folder
    quota = Quota.of(loaded.config.store)
    hand_over = loop.call_soon_threadsafe
    store = Store.open(folder, hand_over, boot_id, started, ballast_bytes=BALLAST_BYTES, quota=quota)
    try:
        store.sweep_blobs()
        timekeeper = Timekeeper(store, boot_id, look)
        store.go_by(timekeeper.clock)
        agent = wire(loaded, store, timekeeper, started)
        logging.getLogger(__name__).info("%s is up, epoch %s", loaded.config.device.name, store.epoch)
        # What start-up built lives for months: keep the collector from walking it again and again.
        gc.freeze()
        await _until_stopped(agent)
    finally:
        store.close()


async def _until_stopped(agent: Agent) -> None:
    service = ServiceManager(dict(os.environ))
    supervisor = Supervisor(agent.tell)
    work = asyncio.ensure_future(supervisor.run([*agent.parts, Part("watchdog", service.run)]))
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sign, work.cancel)
    service.ready()
    with contextlib.suppress(asyncio.CancelledError):
        await work
    service.stopping()
