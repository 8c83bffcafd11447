# SPDX-License-Identifier: Apache-2.0
"""Every wire of the device, read from top to bottom: store, clock, link, roles, cameras, socket. Nothing moves here."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from edge.agent.cameras import CameraPost
from edge.agent.front_desk import FrontDesk
from edge.agent.introduction import Introduction
from edge.agent.mailbox import RoleMailbox
from edge.agent.orders import Orders
from edge.agent.pulse import Pulse
from edge.agent.role_runner import RoleRunner, Surroundings
from edge.agent.status import StatusDesk
from edge.agent.supervisor import OnFailure, Part
from edge.commands.desk import Addressee, CommandDesk
from edge.config.load import LoadedConfig, check_role
from edge.config.models import DeviceConfig
from edge.contract.topics import Topics
from edge.contract.words import Lane
from edge.core.clock import Now, SystemClock
from edge.durable.store import Store
from edge.identity.keystore import KeyStore
from edge.link.batches import Batcher
from edge.link.courier import Addressing, Courier
from edge.link.mqtt import MqttLink
from edge.link.port import Events
from edge.local.server import LocalServer
from edge.roles.registry import load_role
from edge.sync.session import Session, SessionSettings

if TYPE_CHECKING:
    from edge.identity.trusted_keys import TrustedKeys

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True)
class Agent:
    """What runs side by side, and whom to tell when a part fails."""

    parts: list[Part]
    tell: OnFailure


def wire(loaded: LoadedConfig, store: Store, clock: SystemClock, started: Now) -> Agent:
    """Build the agent of one device. Raises `ProblemError` for a role or setting that does not fit."""
    config = loaded.config
    device, names = config.device.name, tuple(config.roles)
    boot_id = read_boot_id()
    cameras: list[CameraPost] = []
    desk: StatusDesk

    introduction = Introduction(boot_id, store.boot, store.epoch, names, clock, lambda: desk.status())  # noqa: PLW0108  (desk comes last)
    courier = _courier(config, store, clock, introduction)
    around = Surroundings(
        store=store,
        clock=clock,
        device=device,
        keys=cache(lambda: _keys(config)),
        rings=lambda sha256: next((path for post in cameras if (path := post.picture(sha256))), None),
        committed=courier.rows_committed,
    )
    runners = {name: _runner(loaded, name, around) for name in names}
    mailboxes = tuple(runner.mailbox for runner in runners.values())
    cameras += [CameraPost(camera, config, around, mailboxes) for camera in config.cameras]
    desk = StatusDesk(
        device=device,
        boot_id=boot_id,
        roles=names,
        started=started,
        clock=clock,
        store=store,
        courier=courier,
        cameras=lambda: tuple(post.state() for post in cameras),
        troubles=lambda: [*(runner.problem for runner in runners.values()), *(post.problem for post in cameras)],
    )
    orders = Orders(desk, courier)
    commands = _commands(config, around, orders)
    courier.on_message = orders.listen(commands)
    pulse = Pulse(around, desk, introduction, mailboxes)
    server = LocalServer(config.store.socket_path, FrontDesk(around, desk, config.store.folder).answer)

    parts = [Part("link", courier.run), Part("socket", server.run), Part("pulse", pulse.run)]
    parts += [Part("commands", commands.resume), Part("orders", orders.run)]
    parts += [Part(f"role {name}", runner.run, vital=False) for name, runner in runners.items()]
    parts += [Part(f"camera {post.name}", post.run, vital=False) for post in cameras]
    return Agent(parts, pulse.tell)


def _runner(loaded: LoadedConfig, name: str, around: Surroundings) -> RoleRunner:
    role = load_role(name)
    return RoleRunner(role, check_role(loaded, name, role.settings), RoleMailbox(), around)


def _commands(config: DeviceConfig, around: Surroundings, orders: Orders) -> CommandDesk:
    addressee = Addressee(config.device.name, config.device.groups)
    keys, named = _trust(config)
    return CommandDesk(around.store, around.clock, addressee, keys, named, orders.handlers, around.committed)


def _courier(config: DeviceConfig, store: Store, clock: SystemClock, introduction: Introduction) -> Courier:
    link = config.link
    addressing = Addressing(
        config.device.name,
        Topics(link.root),
        config.device.groups,
        online=introduction.online,
        offline=introduction.offline,
        reported=introduction.reported,
    )
    events: Events = asyncio.Queue()
    session = Session(
        SessionSettings(
            epoch=store.epoch,
            trust=link.ack,
            window=link.window_batches,
            ack_timeout_s=link.ack_timeout_s,
            backoff_min_s=link.backoff_min_s,
            backoff_max_s=link.backoff_max_s,
        ),
        last={lane: store.accounts[lane].last_seq for lane in Lane},
        acked={lane: store.accounts[lane].acked_seq for lane in Lane},
        hub_time_s=int(store.meta("hub_time_us", "0")) / 1e6,
    )
    links = tuple(
        MqttLink(broker, config.device.name, link.keepalive_s, link.connect_timeout_s, events)
        for broker in link.brokers
    )
    batcher = Batcher(store, config.device.name, deflate=link.deflate)
    return Courier(store, session, links, events, addressing, batcher, clock)


def _keys(config: DeviceConfig) -> KeyStore:
    """Loaded when first needed: a device that signs nothing carries no cryptography."""
    from edge.identity.file_keystore import FileKeyStore  # noqa: PLC0415  (see above)

    return FileKeyStore(config.store.folder)


def _trust(config: DeviceConfig) -> tuple[Callable[[], "TrustedKeys"], Callable[[str], dict[str, Any]]]:
    """Loaded with the first command, for the same reason."""

    @cache
    def keys() -> "TrustedKeys":
        from edge.identity.trusted_keys import TrustedKeys  # noqa: PLC0415  (see above)

        return TrustedKeys(config.commands.keys)

    def named(token: str) -> dict[str, Any]:
        from edge.identity.trusted_keys import unverified_claims  # noqa: PLC0415  (see above)

        return unverified_claims(token)

    return keys, named


def read_boot_id() -> str:
    """The kernel's name for this boot."""
    return BOOT_ID.read_text("ascii").strip()
