# SPDX-License-Identifier: Apache-2.0
"""`edge-agent replay`: a recording through cameras and roles as fast as it goes, without a hub."""

import argparse
import asyncio
import json
import os
import sys
import tempfile
import time
from contextlib import ExitStack
from functools import cache
from pathlib import Path
from typing import BinaryIO

from edge.agent.arguments import add_config
from edge.agent.replay import Actor, Replay
from edge.agent.replay_told import Told
from edge.agent.show import ShowScript
from edge.agent.terminal import never_fail
from edge.config.load import LoadedConfig, check_role, load_config
from edge.config.models import Camera
from edge.contract.phrases import preferred_language
from edge.contract.problems import ProblemError
from edge.identity.keystore import KeyStore
from edge.roles.registry import load_role

STREET_S = 120
"""How much of a simulated street is played unless its address says where it ends."""


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the verb takes."""
    parser.description = (
        "Play a recording to the device's roles as fast as this machine can, without store or hub. One CloudEvent a "
        "line goes to --out (or stdout); the pictures that events name are put beside it."
    )
    add_config(parser)
    parser.add_argument(
        "--source",
        metavar="VIDEO",
        required=True,
        help="a video file, a folder of pictures, or street:NAME (simulated; two minutes, or ?end_s=SECONDS)",
    )
    parser.add_argument("--camera", metavar="NAME", help="whose settings to use (default: the first camera's)")
    parser.add_argument("--out", metavar="FILE", type=Path, help="where events go (default: stdout)")
    parser.add_argument("--evidence", metavar="FOLDER", type=Path, help="where pictures go (default: beside --out)")
    parser.add_argument(
        "--show", metavar="FILE.mp4", type=Path, help="write the clip with tracks, zones, dwell and decisions drawn"
    )
    parser.add_argument("--json", action="store_true", help="print the summary as JSON on stdout (needs --out)")


def run(args: argparse.Namespace) -> int:
    """Exit 0 when the recording was played to its end."""
    never_fail(sys.stderr)
    if args.json and args.out is None:
        raise ProblemError("replay-needs-out")
    loaded = load_config(args.config, os.environ)
    camera = _camera(loaded, args.camera, args.source)
    evidence = args.evidence or _beside(args.out)
    with ExitStack() as stack:
        ring = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="replay-ring-")))
        out = stack.enter_context(_opened(args.out)) if args.out else sys.stdout.buffer
        actors = _actors(loaded)
        script = _script(camera, actors, ring, args.show)
        replay = Replay(
            loaded.config.device.name, actors, cache(lambda: _keys(loaded)), ring, evidence, out.write, script
        )
        told = Told(camera, tuple(loaded.config.roles), preferred_language(dict(os.environ)))
        stack.callback(told.close)
        begun_s = time.monotonic()
        asyncio.run(replay.play(camera, loaded.config.models, told.progress))
        out.flush()
        took_s = time.monotonic() - begun_s
        if script is not None:
            told.drawing()
            script.film()
    facts = told.facts(replay.tally, took_s, evidence, args.show)
    if args.json:
        sys.stdout.write(json.dumps(facts, ensure_ascii=False) + "\n")
    else:
        told.summary(facts, replay.tally.first_us)
    return 0


def _camera(loaded: LoadedConfig, name: str | None, source: str) -> Camera:
    cameras = loaded.config.cameras
    chosen = [camera for camera in cameras if name in (None, camera.name)]
    if not chosen:
        known = ", ".join(camera.name for camera in cameras) or "–"
        raise ProblemError("replay-no-camera", camera=name or "–", known=known)
    return chosen[0].model_copy(update={"source": _with_an_end(source), "pace": "fast"})


def _with_an_end(source: str) -> str:
    """A simulated street goes on for ever, a replay of it must not."""
    if not source.startswith("street:") or "end_s=" in source:
        return source
    return f"{source}{'&' if '?' in source else '?'}end_s={STREET_S}"


def _actors(loaded: LoadedConfig) -> list[Actor]:
    specs = [(name, load_role(name)) for name in loaded.config.roles]
    checked = [(spec, check_role(loaded, name, spec.settings)) for name, spec in specs]
    rehearsed = [(spec, spec.rehearsed(settings)) for spec, settings in checked]
    return [Actor(spec, settings, spec.first_state(settings)) for spec, settings in rehearsed]


def _script(camera: Camera, actors: list[Actor], folder: Path, out: Path | None) -> ShowScript | None:
    if out is None:
        return None
    outlines = tuple(one for actor in actors for one in actor.spec.outlines(actor.settings))
    return ShowScript(camera, outlines, folder, out, preferred_language(dict(os.environ)))


def _keys(loaded: LoadedConfig) -> KeyStore:
    from edge.identity.file_keystore import FileKeyStore  # noqa: PLC0415  (only a case needs it)

    return FileKeyStore(loaded.config.store.folder)


def _opened(out: Path) -> BinaryIO:
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        return out.open("wb")
    except OSError as wrong:
        raise ProblemError("replay-out-refused", path=str(out), reason=wrong.strerror or str(wrong)) from wrong


def _beside(out: Path | None) -> Path:
    return Path("evidence") if out is None else out.with_name(f"{out.stem}-evidence")
