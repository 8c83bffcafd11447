# SPDX-License-Identifier: Apache-2.0
"""`edge-agent export`: the backlog on a USB stick, for a hub that cannot be reached otherwise."""

import argparse
import json
import os
import sys
import time
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from edge.agent.arguments import add_config, add_json
from edge.agent.asking import ask, unreachable
from edge.agent.columns import size
from edge.agent.progress import Bar
from edge.agent.release import __version__
from edge.agent.stick import check_room, named_when_whole
from edge.agent.terminal import never_fail
from edge.config.load import LoadedConfig, load_config
from edge.contract.blobs import MAX_CHUNK_BYTES
from edge.contract.export import SUFFIX, ExportClaims, export_name
from edge.contract.local import Outbox, OutboxAsked
from edge.contract.phrases import phrase, preferred_language
from edge.contract.problems import Language, ProblemError
from edge.contract.words import Lane
from edge.durable.backlog import Backlog

if TYPE_CHECKING:
    from edge.agent.exporter import Parties, Settle


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the verb takes."""
    add_config(parser)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--to", metavar="PATH", type=Path, help=f"folder of the stick, or a file ending in {SUFFIX}")
    what.add_argument("--show-key", action="store_true", help="print this device's public key (PEM) for the hub")
    parser.add_argument(
        "--hub-key", metavar="FILE", type=Path, help="the hub's public sealing key (default: hub.sealing_key)"
    )
    add_json(parser, "what was written")


def run(args: argparse.Namespace) -> int:
    """Write the export and say what it holds; exit 0, or 1 with the problem if nothing was written."""
    from edge.agent.exporter import Parties  # noqa: PLC0415  (cryptography, which showing the help must not cost)
    from edge.identity.file_keystore import FileKeyStore  # noqa: PLC0415  (the same)
    from edge.identity.sealing import SealingKey  # noqa: PLC0415  (the same)

    loaded = load_config(args.config, os.environ)
    config = loaded.config
    never_fail(sys.stdout)
    if args.show_key:
        sys.stdout.write(FileKeyStore(config.store.folder).public_pem().decode("ascii"))
        return 0
    created = datetime.now(UTC).replace(microsecond=0)
    hub = SealingKey.load(_sealing_key(args.hub_key, loaded))
    with closing(Backlog(config.store.folder)) as backlog:
        target = _target(args.to, export_name(config.device.name, backlog.epoch, created))
        _check(backlog, config.device.name, target)
        keys = FileKeyStore(config.store.folder)
        parties = Parties(config.device.name, __version__, keys, hub)
        written = _write(backlog, parties, target, created, _settler(backlog, config.store.socket_path))
    if args.json:
        sys.stdout.write(json.dumps(written.facts(), ensure_ascii=False) + "\n")
    else:
        sys.stdout.write("\n".join(written.lines(preferred_language(dict(os.environ)))) + "\n")
    return 0


@dataclass(frozen=True, slots=True)
class Written:
    """An export as it lies on the stick."""

    path: Path
    claims: ExportClaims
    size: int
    sha256: str
    signer: str
    blobs_gone: int

    def facts(self) -> dict[str, object]:
        """For programs."""
        return {
            "path": str(self.path),
            "bytes": self.size,
            "sha256": self.sha256,
            "device_kid": self.signer,
            "blob_chunks_gone": self.blobs_gone,
            "rows": sum(lane.rows for lane in self.claims.lanes.values()),
            **self.claims.model_dump(mode="json", include={"device", "epoch", "created", "kid", "lanes"}),
        }

    def lines(self, language: Language) -> list[str]:
        """For people."""

        def say(key: str, **facts: object) -> str:
            return phrase(f"outbox.export-{key}", language, **facts)

        rows = sum(lane.rows for lane in self.claims.lanes.values())
        lines = [say("done", rows=f"{rows:,}", bytes=size(self.size), path=self.path)]
        lines += [
            "  " + say("lane", lane=lane.value, rows=f"{part.rows:,}", first=f"{part.first:,}", last=f"{part.last:,}")
            for lane, part in self.claims.lanes.items()
        ]
        lines.append("  " + say("signed", signer=self.signer, sealer=self.claims.kid))
        if self.blobs_gone:
            lines.append(say("blobs-gone", count=self.blobs_gone))
        return [*lines, say("stays"), say("next", name=self.path.name)]


def _sealing_key(given: Path | None, loaded: LoadedConfig) -> Path:
    path = given or loaded.config.hub.sealing_key
    if path is None:
        raise ProblemError("sealing-key-missing", file=str(loaded.file))
    return path


def _target(to: Path, name: str) -> Path:
    if to.is_dir():
        return to / name
    if to.suffix != SUFFIX or not to.parent.is_dir():
        raise ProblemError("export-target-missing", path=str(to.parent if to.suffix == SUFFIX else to))
    return to


def _check(backlog: Backlog, device: str, target: Path) -> None:
    """What can be known before the stick is touched. Pictures are packed already: they do not become smaller."""
    waiting = backlog.waiting()
    if not any(lane.account.rows for lane in waiting.values()):
        raise ProblemError("export-empty", device=device)
    blobs = waiting[Lane.BLOB]
    check_room(target.parent, min(blobs.blob_bytes, blobs.account.rows * MAX_CHUNK_BYTES))


def _settler(backlog: Backlog, socket: Path) -> "Settle":
    """How far lane record stays as it is: known where no agent runs, and else asked of the agent."""

    def settle() -> int:
        alone = backlog.settled_if_alone()
        if alone is not None:
            return alone
        answer = ask(socket, OutboxAsked(settle=True))
        if not isinstance(answer, Outbox) or answer.settled is None:
            raise unreachable(socket, "it is of another version")
        return answer.settled

    return settle


def _write(backlog: Backlog, parties: "Parties", target: Path, created: datetime, settle: "Settle") -> Written:
    from edge.agent.exporter import Exporter  # noqa: PLC0415  (see `run`)

    language, bar, begun_s = preferred_language(dict(os.environ)), Bar(sys.stderr), time.monotonic()
    try:
        with named_when_whole(target) as file:

            def told(part: float) -> None:
                pace = file.size / max(time.monotonic() - begun_s, 1e-3)
                bar.show(part, phrase("outbox.export-bar", language, bytes=size(file.size), rate=size(pace)))

            exporter = Exporter(backlog, parties, file, created, settle)
            claims = exporter.write(told)
    finally:
        bar.close()
    return Written(target, claims, file.size, file.digest, parties.keys.kid, exporter.blobs_gone)
