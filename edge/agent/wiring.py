# SPDX-License-Identifier: Apache-2.0
"""Every wire of the device, read from top to bottom: store, clock, link, roles, cameras, socket. Nothing moves here."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from edge.agent.cameras import CameraPost
from edge.agent.drivers import Drivers
from edge.agent.front_desk import FrontDesk
from edge.agent.introduction import Introduction
from edge.agent.line import lay_line
from edge.agent.mailbox import RoleMailbox
from edge.agent.orders import Orders
from edge.agent.pictures import PictureDesk
from edge.agent.pulse import Pulse
from edge.agent.role_runner import RoleRunner, Surroundings
from edge.agent.status import StatusDesk
from edge.agent.supervisor import OnFailure, Part
from edge.agent.timekeeper import Timekeeper
from edge.commands.desk import Addressee, CommandDesk
from edge.config.load import LoadedConfig, check_role
from edge.config.models import DeviceConfig
from edge.contract.cameras import CameraPreset
from edge.contract.problems import Problem
from edge.core.clock import Now
from edge.durable.store import Store
from edge.health.certificates import CertificateWatch, named_certificates
from edge.health.machine import read_boot_id
from edge.identity.keystore import KeyStore
from edge.link.network import watch_network
from edge.local.server import LocalServer
from edge.roles.registry import load_role
from edge.vision.nursery_line import Nursery

if TYPE_CHECKING:
    from edge.identity.trusted_keys import TrustedKeys


@dataclass(frozen=True, slots=True)
class Agent:
    """What runs side by side, and whom to tell when a part fails."""

    parts: list[Part]
    tell: OnFailure


def wire(loaded: LoadedConfig, store: Store, keeper: Timekeeper, started: Now) -> Agent:
    """Build the agent of one device. Raises `ProblemError` for a role or setting that does not fit."""
    config = loaded.config
    device, names = config.device.name, tuple(config.roles)
    boot_id, clock = read_boot_id(), keeper.clock
    drivers, cameras = Drivers(config.signs), list[CameraPost]()
    desk: StatusDesk

    introduction = Introduction(boot_id, store.boot, store.epoch, names, clock, lambda: desk.status())  # noqa: PLW0108  (desk comes last)
    line = lay_line(config, store, keeper, introduction, started)
    courier = line.courier
    around = Surroundings(
        store=store,
        clock=clock,
        device=device,
        keys=cache(lambda: _keys(config)),
        rings=lambda sha256: next((path for post in cameras if (path := post.picture(sha256))), None),
        committed=courier.rows_committed,
        drive=drivers.drive,
    )
    runners = {name: _runner(loaded, name, around) for name in names}
    errands = tuple(errand for runner in runners.values() for errand in runner.errands)
    mailboxes = tuple(runner.mailbox for runner in runners.values())
    nursery = Nursery(config.cameras, config.models)
    post = partial(CameraPost, offset_us=keeper.ahead_us, errands=errands, birth=nursery.bear)
    cameras += [post(camera, config, around, mailboxes) for camera in config.cameras]
    certificates = CertificateWatch(named_certificates(config.link.brokers), keeper.right_us)
    desk = StatusDesk(
        device=device,
        boot_id=boot_id,
        roles=names,
        started=started,
        keeper=keeper,
        store=store,
        courier=courier,
        cameras=lambda: tuple(post.state() for post in cameras),
        behind=lambda now: tuple(post.name for post in cameras if post.behind(now)),
        troubles=lambda: [*_complaints(runners, cameras), *certificates.troubles(), *drivers.troubles()],
    )
    orders = Orders(desk, courier, tuple(runners.values()), PictureDesk(around, cameras) if cameras else None)
    commands = _commands(config, around, orders)
    courier.on_message = orders.listen(commands)
    pulse = Pulse(around, desk, introduction, mailboxes)
    courier.on_canary, courier.on_time, keeper.committed = pulse.say_health, keeper.hear, courier.rows_committed
    front = FrontDesk(around, desk, config.store.folder, partial(_turned, cameras))

    parts = [Part("link", courier.run), Part("socket", LocalServer(config.store.socket_path, front.answer).run)]
    parts += [Part("pulse", pulse.run), Part("commands", commands.resume), Part("orders", orders.run)]
    parts += [Part("network", partial(watch_network, line.events), vital=False)]
    return Agent([*parts, *_beside(runners, nursery, cameras, drivers)], pulse.tell)


def _beside(
    runners: Mapping[str, RoleRunner], nursery: Nursery, cameras: Sequence[CameraPost], drivers: Drivers
) -> list[Part]:
    """What the outbox can do without while it fails."""
    parts = [Part(f"role {name}", runner.run, vital=False) for name, runner in runners.items()]
    parts += [Part("nursery", nursery.run, vital=False)] if cameras else []
    parts += [Part(f"camera {post.name}", post.run, vital=False) for post in cameras]
    return [*parts, *(Part(name, run, vital=False) for name, run in drivers.parts)]


def _turned(cameras: Sequence[CameraPost], told: CameraPreset, now: Now) -> None:
    for post in cameras:
        if post.name == told.camera:
            post.turned(told.preset, now.wall_us)


def _complaints(runners: Mapping[str, RoleRunner], cameras: Sequence[CameraPost]) -> list[Problem | None]:
    return [*(runner.problem for runner in runners.values()), *(post.problem for post in cameras)]


def _runner(loaded: LoadedConfig, name: str, around: Surroundings) -> RoleRunner:
    role = load_role(name)
    return RoleRunner(role, check_role(loaded, name, role.settings), RoleMailbox(), around)


def _commands(config: DeviceConfig, around: Surroundings, orders: Orders) -> CommandDesk:
    addressee = Addressee(config.device.name, config.device.groups)
    keys, named = _trust(config)
    return CommandDesk(around.store, around.clock, addressee, keys, named, orders.handlers, around.committed)


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
