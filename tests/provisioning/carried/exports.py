# SPDX-License-Identifier: Apache-2.0
"""Exports as a device writes them, small ones, and the keys that go with them."""

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from edge.agent.exporter import Exporter, Parties
from edge.agent.stick import named_when_whole
from edge.contract.export import ExportClaims
from edge.contract.words import Lane
from edge.durable.backlog import Backlog
from edge.identity.device_key import DeviceKey
from edge.identity.file_keystore import FileKeyStore
from edge.identity.sealing import OpeningKey
from tests.scenarios.carrying import store_up

CREATED = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Device:
    """A device with a backlog, and a hub it seals to."""

    folder: Path
    opening: OpeningKey

    @classmethod
    def with_backlog(
        cls, folder: Path, rows: int = 5, pictures: Sequence[bytes] = (), lanes: Sequence[Lane] = (Lane.STATE,)
    ) -> "Device":
        """`rows` in each of the lanes."""
        store_up(folder / "store", rows, pictures, lanes)
        return cls(folder, OpeningKey.make())

    @cached_property
    def keys(self) -> FileKeyStore:
        """The device's own key."""
        return FileKeyStore(self.folder / "store")

    @property
    def public(self) -> DeviceKey:
        """What the hub knows of it."""
        file = self.folder / "device.pub.pem"
        file.write_bytes(self.keys.public_pem())
        return DeviceKey.load(file)

    def export(self, target: Path, device: str = "pole-1") -> ExportClaims:
        """Write one, no agent being there."""
        with closing(Backlog(self.folder / "store")) as backlog, named_when_whole(target) as file:
            parties = Parties(device, "0.1", self.keys, self.opening.public)

            def settle() -> int:
                alone = backlog.settled_if_alone()
                assert alone is not None
                return alone

            return Exporter(backlog, parties, file, CREATED, settle).write(lambda _: None)
