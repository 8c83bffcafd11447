# SPDX-License-Identifier: Apache-2.0
"""The line to the hub: session, links and courier of one device, put together from its configuration."""

import random
import time
from dataclasses import dataclass

from edge.agent.introduction import Introduction
from edge.agent.timekeeper import Timekeeper
from edge.config.models import DeviceConfig
from edge.config.models import Link as LinkConfig
from edge.contract.topics import Topics
from edge.contract.words import Lane
from edge.core.clock import Now
from edge.durable.store import Store
from edge.link.batches import Batcher
from edge.link.clerk import SPENT
from edge.link.courier import Courier
from edge.link.mqtt import MqttLink
from edge.link.port import Events
from edge.link.report import Addressing
from edge.sync.budget import Budget
from edge.sync.session import Session
from edge.sync.settings import NEVER, session_settings

JUST_BOOTED_MS = 120_000
"""Devices whose power came back together start together as well: so soon after a boot the first call is spread too."""


@dataclass(frozen=True, slots=True)
class Line:
    """The courier, and where its links tell what happens."""

    courier: Courier
    events: Events


def lay_line(config: DeviceConfig, store: Store, keeper: Timekeeper, introduction: Introduction, started: Now) -> Line:
    """Nothing moves yet."""
    link, events = config.link, Events()
    addressing = Addressing(
        config.device.name,
        Topics(link.root),
        config.device.groups,
        online=introduction.online,
        offline=introduction.offline,
        reported=introduction.reported,
    )
    links = tuple(
        MqttLink(broker, config.device.name, link.keepalive_s, link.connect_timeout_s, events, keeper.moment)
        for broker in link.brokers
    )
    batcher = Batcher(store, config.device.name, deflate=link.deflate, times=keeper)
    session = _session(link, store, started)
    courier = Courier(store, session, links, events, addressing, batcher, keeper.clock)

    def shed(lane: Lane, first: int, last: int) -> None:
        courier.rows_gone(lane, first, last)
        courier.report.losses.note(sum(account.shed_rows for account in store.accounts.values()), time.monotonic())
        if lane is Lane.RECORD:
            _tell_gaps_of_record(store, courier)

    courier.report.losses.note(sum(account.shed_rows for account in store.accounts.values()), -NEVER)
    store.on_shed = shed
    _tell_gaps_of_record(store, courier)
    return Line(courier, events)


def _tell_gaps_of_record(store: Store, courier: Courier) -> None:
    """The rows that tell of them lie behind others which the hub cannot acknowledge before it has read them."""
    for gap in store.gaps():
        if gap.lane is Lane.RECORD:
            courier.gap_told(gap.told)


def _session(link: LinkConfig, store: Store, started: Now) -> Session:
    gaps: dict[Lane, list[tuple[int, int]]] = {lane: [] for lane in Lane}
    for gap in store.gaps():
        gaps[gap.lane].append((gap.first, gap.last))
    return Session(
        session_settings(link, store.epoch, begin_s=_begin_s(link, started)),
        last={lane: store.accounts[lane].last_seq for lane in Lane},
        acked={lane: store.accounts[lane].acked_seq for lane in Lane},
        hub_time_s=int(store.meta("hub_time_us", "0")) / 1e6,
        gaps=gaps,
        budget=Budget(link.budget_mb, store.meta(SPENT)),
    )


def _begin_s(link: LinkConfig, started: Now) -> float:
    if started.uptime_ms > JUST_BOOTED_MS:
        return -NEVER
    return time.monotonic() + random.random() * link.spread_s  # noqa: S311  (jitter, not a secret)
