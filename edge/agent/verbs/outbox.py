# SPDX-License-Identifier: Apache-2.0
"""`edge-agent outbox`: what waits for the hub, lane by lane, and how fast it drains; also where no agent runs."""

import argparse
import json
import os
import shutil
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from edge.agent.arguments import add_config, add_json
from edge.agent.asking import ask
from edge.agent.columns import span
from edge.agent.drain import Drain, Rate, rows_of
from edge.agent.outbox_look import look
from edge.agent.outbox_page import Page
from edge.agent.progress import Bar
from edge.agent.terminal import marks_for, never_fail
from edge.config.load import load_config
from edge.config.models import DeviceConfig
from edge.contract.local import Outbox, OutboxAsked, Refused
from edge.contract.phrases import phrase, preferred_language
from edge.contract.problems import Language, ProblemError

_MEASURED_S: Final = 1.0
"""How long is looked before a rate is told."""
_LOOK_EVERY_S: Final = 0.5
_MEGA: Final = 1024 * 1024


def arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the verb takes."""
    add_config(parser)
    add_json(parser, "it")
    parser.add_argument("--watch", "--follow", action="store_true", help="go on until nothing waits, or Ctrl-C")
    parser.add_argument("--once", action="store_true", help="show it once, also while it drains")


def run(args: argparse.Namespace) -> int:
    """Print the outbox, then the bar while it drains; exit 0, or 1 if the agent has something to complain of."""
    config = load_config(args.config, os.environ).config
    language = preferred_language(dict(os.environ))
    never_fail(sys.stdout)
    drain = Drain()
    seen = _see(config, drain)
    if rows_of(seen):
        time.sleep(_MEASURED_S)
        seen = _see(config, drain)
    rate = drain.rate()
    if args.json:
        _print_json(seen, rate, config)
    else:
        sys.stdout.write("\n".join(_page(config, language).lines(seen, rate, _MEASURED_S)) + "\n")
        sys.stdout.flush()
    moves = rate.rows_per_s > 0 and sys.stdout.isatty() and not args.json
    if rows_of(seen) and not args.once and (args.watch or moves):
        tell = _json_teller(config) if args.json else None
        seen = _follow(config, drain, language, tell)
    return 1 if seen.problems else 0


def _page(config: DeviceConfig, language: Language) -> Page:
    return Page(
        language=language,
        width=shutil.get_terminal_size().columns,
        marks=marks_for(sys.stdout, os.environ),
        now=datetime.now(UTC),
        cap_bytes=config.store.cap_mb * _MEGA,
        folder=config.store.folder,
    )


def _see(config: DeviceConfig, drain: Drain) -> Outbox:
    """Ask the agent, and where none answers look into the store itself."""
    seen = _from_agent(config) or look(config.store.folder, config.device.name)
    drain.saw(time.monotonic(), seen)
    return seen


def _from_agent(config: DeviceConfig) -> Outbox | None:
    try:
        answer = ask(config.store.socket_path, OutboxAsked())
    except ProblemError as failed:
        if failed.problem.code != "agent-unreachable":
            raise
        return None
    match answer:
        case Outbox():
            return answer
        case Refused(problem=problem) if problem.code != "line-invalid":
            raise ProblemError(problem.code, **problem.detail)
        case _:
            return None  # an agent of before this question


def _follow(
    config: DeviceConfig, drain: Drain, language: Language, tell: Callable[[Outbox, Rate], None] | None
) -> Outbox:
    """Show the bar, or a line a second, until nothing waits."""
    bar, most = Bar(sys.stdout), 1
    next_s = time.monotonic()
    try:
        while True:
            seen, rate = _see(config, drain), drain.rate()
            most = max(most, rows_of(seen))
            if tell:
                tell(seen, rate)
            else:
                bar.show(1 - rows_of(seen) / most, _bar_words(seen, rate, language), always=not rows_of(seen))
            if not rows_of(seen):
                break
            next_s = max(next_s + (2 if tell else 1) * _LOOK_EVERY_S, time.monotonic())
            time.sleep(max(0.0, next_s - time.monotonic()))
    finally:
        bar.close()
    if not tell:
        sys.stdout.write(phrase("outbox.empty", language) + "\n")
    return seen


def _bar_words(seen: Outbox, rate: Rate, language: Language) -> str:
    rows = f"{rows_of(seen):,}"
    if not rate.rows_per_s:
        return phrase("outbox.bar-still", language, rows=rows)
    left = "–" if rate.left_s is None else span(rate.left_s, language)
    return phrase("outbox.bar", language, rows=rows, rate=f"{rate.rows_per_s:,.0f}", left=left)


def _json_teller(config: DeviceConfig) -> Callable[[Outbox, Rate], None]:
    return lambda seen, rate: _print_json(seen, rate, config)


def _print_json(seen: Outbox, rate: Rate, config: DeviceConfig) -> None:
    facts = {
        **seen.model_dump(mode="json", exclude={"answer"}),
        "agent": seen.link is not None,
        "cap_bytes": config.store.cap_mb * _MEGA,
        "rows_per_s": round(rate.rows_per_s, 1),
        "bytes_per_s": round(rate.bytes_per_s),
        "left_s": None if rate.left_s is None else round(rate.left_s, 1),
    }
    sys.stdout.write(json.dumps(facts, ensure_ascii=False) + "\n")
    sys.stdout.flush()
