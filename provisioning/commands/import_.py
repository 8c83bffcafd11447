# SPDX-License-Identifier: Apache-2.0
"""`provision import`: bring a device's backlog, carried on a stick, to the hub: all of it, each event once."""

import json as jsons
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from edge.config.models import Broker
from edge.contract.problems import ProblemError
from edge.contract.topics import DEFAULT_ROOT
from edge.contract.words import Lane
from edge.identity.device_key import DeviceKey
from edge.identity.sealing import OpeningKey
from provisioning.carried.at_broker import AtBroker, broker_of
from provisioning.carried.delivery import Delivery
from provisioning.carried.opened import Export, opened
from provisioning.console import Terminal

DEFAULT_KEY = Path("hub-sealing.pem")
PATIENCE_S = 60.0


def import_(  # noqa: PLR0913  each is one thing a person may choose
    file: Path,
    *,
    key: Path = DEFAULT_KEY,
    device_key: Path | None = None,
    broker: str = "localhost:1883",
    root: str = DEFAULT_ROOT,
    username: str | None = None,
    password_file: Path | None = None,
    ca_file: Path | None = None,
    cert_file: Path | None = None,
    key_file: Path | None = None,
    patience: float = PATIENCE_S,
    dry_run: bool = False,
    json: bool = False,
) -> int:
    """Bring what a device exported to the hub: all of it, each event once, also if the device comes back too."""
    terminal = Terminal()
    at = broker_of(AtBroker(broker, username, password_file, ca_file, cert_file, key_file))
    known = DeviceKey.load(device_key) if device_key else None
    with _checked(terminal, file, OpeningKey.load(key)) as export:
        if known:
            export.believe(known)
        if not json:
            _show(terminal, export, believed=known is not None)
        acked = None
        if not dry_run:
            _need(known, export)
            acked = _deliver(terminal, export, at, root, patience)
    if json:
        terminal.data(jsons.dumps(_facts(export, known is not None, acked), ensure_ascii=False))
    elif acked is not None:
        terminal.say("carried.done", rows=f"{export.rows:,}", device=export.header.device)
    return 0


@contextmanager
def _checked(terminal: Terminal, file: Path, opening: OpeningKey) -> Iterator[Export]:
    """The whole file is read once before anything is said of it; a large one takes its time."""
    with ExitStack() as stack:
        with terminal.bar("carried.checking", file.stat().st_size if file.is_file() else 0) as told:
            export = stack.enter_context(opened(file, opening, told))
        yield export


def _need(known: DeviceKey | None, export: Export) -> None:
    if known is None:
        device, kid = export.header.device, export.signer.kid
        raise ProblemError("device-key-needed", device=device, path=str(export.path), kid=kid)


def _deliver(terminal: Terminal, export: Export, at: Broker, root: str, patience_s: float) -> dict[Lane, int]:
    with terminal.bar("carried.bar", export.rows) as told:
        return Delivery(export, at, root, patience_s, told).run()


def _show(terminal: Terminal, export: Export, *, believed: bool) -> None:
    header = export.header
    terminal.say(
        "carried.whose", device=header.device, epoch=header.epoch, created=f"{header.created:%Y-%m-%d %H:%M:%S %Z}"
    )
    for lane, part in export.claims.lanes.items():
        numbers = {"rows": f"{part.rows:,}", "first": f"{part.first:,}", "last": f"{part.last:,}"}
        terminal.say("carried.lane", lane=lane.value, **numbers)
    terminal.say("carried.signed" if believed else "carried.signed-by-unknown", kid=export.signer.kid)


def _facts(export: Export, believed: bool, acked: dict[Lane, int] | None) -> dict[str, object]:  # noqa: FBT001  a fact
    return {
        "device": export.header.device,
        "epoch": export.header.epoch,
        "created": export.header.created.isoformat(),
        "bytes": export.size,
        "rows": export.rows,
        "lanes": {lane.value: part.model_dump() for lane, part in export.claims.lanes.items()},
        "device_kid": export.signer.kid,
        "signature_of_known_device": believed,
        "delivered": acked is not None,
        "hub_has": None if acked is None else {lane.value: seq for lane, seq in acked.items()},
    }
