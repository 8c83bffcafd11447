# SPDX-License-Identifier: Apache-2.0
"""`edge-agent status`: ask the running agent how it is."""

import argparse
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from edge.agent.arguments import add_config, add_json
from edge.agent.asking import ask, unreachable
from edge.agent.columns import Column, size, table
from edge.agent.complaint import complain, in_short
from edge.agent.terminal import marks_for, never_fail
from edge.config.load import load_config
from edge.contract.clock import ClockState, TimeSource
from edge.contract.local import Status, StatusAsked
from edge.contract.phrases import phrase, preferred_language
from edge.contract.problems import Language, ProblemError

EXIT_CANNOT_REACH = 3


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the verb takes."""
    add_config(parser)
    add_json(parser, "the status")


def run(args: argparse.Namespace) -> int:
    """Print the status; exit 0 healthy, 1 with problems, 3 if no agent answers."""
    try:
        status = ask_status(load_config(args.config, os.environ).config.store.socket_path)
    except ProblemError as failed:
        if failed.problem.code != "agent-unreachable":
            raise
        complain(failed.problem)
        return EXIT_CANNOT_REACH
    never_fail(sys.stdout)
    if args.json:
        sys.stdout.write(status.model_dump_json() + "\n")
    else:
        sys.stdout.write(in_words(status, preferred_language(dict(os.environ))))
    return 1 if status.problems else 0


def ask_status(path: Path) -> Status:
    """The running agent's status. Raises `ProblemError` agent-unreachable."""
    answer = ask(path, StatusAsked())
    if not isinstance(answer, Status):
        raise unreachable(path, "it answered something else")
    return answer


def in_words(status: Status, language: Language) -> str:
    """The status as a page for a person."""

    def say(key: str, **facts: object) -> str:
        return phrase(f"status.{key}", language, **facts)

    link = status.link
    lines = [
        say(
            "device", device=status.device, version=status.agent, pid=status.pid, hours=f"{status.uptime_s / 3600:.1f}"
        ),
        say(
            "connected" if link.connected else "offline",
            broker=link.broker,
            since=link.since.isoformat(timespec="seconds") if link.since else "–",
        ),
        *_clock(status, say),
        *_outbox(status, language),
    ]
    lines += [
        say(
            "camera" if camera.online else "camera_lost",
            name=camera.name,
            frames=camera.frames,
            tracks=camera.tracks,
            restarts=camera.restarts,
        )
        for camera in status.cameras
    ]
    marks = marks_for(sys.stdout, os.environ)
    lines += [in_short(problem, language, marks) for problem in status.problems]
    return "\n".join(lines) + "\n"


def _outbox(status: Status, language: Language) -> list[str]:
    depths = list(status.lanes.values())
    columns = [
        Column(phrase("status.outbox", language), [f"  {lane.value}" for lane in status.lanes], left=True),
        Column(phrase("outbox.rows", language), [f"{depth.rows:,}" for depth in depths]),
        Column(phrase("outbox.size", language), [size(depth.bytes) for depth in depths]),
        Column(phrase("outbox.newest", language), [f"{depth.last_seq:,}" for depth in depths]),
        Column(phrase("outbox.acked", language), [f"{depth.acked_seq:,}" for depth in depths]),
    ]
    return table(columns, shutil.get_terminal_size().columns)


def _clock(status: Status, say: Callable[..., str]) -> list[str]:
    time, skew_ms = status.time or ClockState(source=TimeSource.NONE), status.link.skew_ms
    source = say(f"source_{time.source.value.replace('-', '_')}")
    lines = [say("clock", quality=status.clock, source=source, skew="–" if skew_ms is None else skew_ms)]
    if time.right_at is not None:
        lines.append(say("clock_right", at=time.right_at.isoformat(timespec="seconds"), error=time.error_ms))
    return lines
