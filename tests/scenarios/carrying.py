# SPDX-License-Identifier: Apache-2.0
"""A backlog carried by hand: the hub's keys, a folder that stands for the stick, the two programs as one types them."""

import json
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from edge.contract.blobs import BlobRef
from edge.contract.envelope import TYPE_PREFIX, event_body
from edge.contract.words import Lane
from edge.identity.sealing import OpeningKey
from tests.durable.stores import append, keep, new_row, opened
from tests.scenarios.world import World

_WITHIN_S: Final = 120.0
STORED_TYPE: Final = f"{TYPE_PREFIX}scenario.stored.v1"
BLOB_TYPE: Final = f"{TYPE_PREFIX}scenario.picture.v1"


@dataclass(frozen=True, slots=True)
class Stick:
    """Where exports are put, with the keys and the programs that go with it."""

    world: World
    folder: Path
    private: Path
    public: Path

    @classmethod
    def of(cls, world: World) -> "Stick":
        """Make the hub's keys and tell the device of them."""
        private, public = OpeningKey.make().save(world.folder / "keys")
        world.configure(more=f'[hub]\nsealing_key = "{public}"\n')
        folder = world.folder / "stick"
        folder.mkdir()
        return cls(world, folder, private, public)

    def outbox(self) -> dict[str, Any]:
        """`edge-agent outbox`, for programs."""
        done = subprocess.run(self.world.agent.command("outbox", "--json"), capture_output=True, check=False)
        told: dict[str, Any] = json.loads(done.stdout)
        return told

    def export(self) -> Path:
        """`edge-agent export` onto the stick."""
        done = subprocess.run(
            self.world.agent.command("export", "--to", str(self.folder), "--json"),
            capture_output=True,
            text=True,
            check=False,
            timeout=_WITHIN_S,
        )
        assert done.returncode == 0, done.stderr
        return Path(json.loads(done.stdout)["path"])

    def import_command(self, file: Path, *more: str) -> list[str]:
        """`provision import` as it is typed at the hub; the device's key is fetched from the device."""
        known = self.world.folder / "pole-1.pub.pem"
        if not known.exists():
            shown = subprocess.run(
                self.world.agent.command("export", "--show-key"), capture_output=True, check=True, timeout=_WITHIN_S
            )
            known.write_bytes(shown.stdout)
        command = [sys.executable, "-m", "provisioning.cli", "import", str(file), "--key", str(self.private)]
        return [*command, "--device-key", str(known), "--broker", self.world.broker.address, "--json", *more]

    def import_(self, file: Path, *more: str) -> dict[str, Any]:
        """Run it to its end, which must be a good one."""
        done = subprocess.run(
            self.import_command(file, *more), capture_output=True, text=True, check=False, timeout=_WITHIN_S
        )
        assert done.returncode == 0, done.stderr
        told: dict[str, Any] = json.loads(done.stdout)
        return told


def store_up(folder: Path, rows: int, pictures: Sequence[bytes] = (), lanes: Sequence[Lane] = (Lane.STATE,)) -> None:
    """Put a backlog into a store that no agent has open: `rows` in each lane, and pictures that events refer to."""
    with opened(folder) as store:
        for lane in lanes:
            made = [
                event_body(STORED_TYPE, {"emitter": f"stored-{lane}", "n": n, "pad": "x" * 80}) for n in range(rows)
            ]
            append(store, *(new_row(lane, body) for body in made))
        for picture in pictures:
            append(store, new_row(Lane.RECORD, _naming(keep(store, picture))))


def _naming(blob: BlobRef) -> bytes:
    return event_body(BLOB_TYPE, {"picture": blob.model_dump()})
