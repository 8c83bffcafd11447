# SPDX-License-Identifier: Apache-2.0
"""What a person sees: a few lines that stay up to date while it runs, and a table at the end."""

import math
import time
from types import TracebackType
from typing import Final, Self

from rich.table import Table

from edge.fleet.words import Outage
from provisioning.console import Terminal
from provisioning.fleet.plan import Plan
from provisioning.fleet.report import WINDOW_S, Report, peak
from provisioning.fleet.run import Audience, Standing

_REDRAW_S: Final = 0.25
_LINE_S: Final = 10.0
"""Where nobody looks, a line this often."""
_NONE: Final = "–"
"""For figures that nobody can know."""


class View:
    """Open while the run goes on."""

    def __init__(self, terminal: Terminal, plan: Plan, broker: str) -> None:
        """Tell on `terminal` of the run against `broker`."""
        self._terminal = terminal
        self._plan = plan
        self._live = terminal.live()
        self._drawn_s = float("-inf")
        self._peak = 0
        self._seen = 0
        self.audience = Audience(self._watch, self._tell)
        terminal.say(
            "fleet.begins",
            devices=plan.devices,
            processes=len(plan.shares()),
            broker=broker,
            ramp_s=math.ceil(plan.ramp_s),
        )

    def __enter__(self) -> Self:
        """Drawing, where somebody looks."""
        if self._terminal.looked_at:
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, wrong: BaseException | None, trace: TracebackType | None
    ) -> None:
        """What was drawn goes away; the table comes instead."""
        self._live.stop()

    def _watch(self, standing: Standing) -> None:
        looked_at = self._terminal.looked_at
        if time.monotonic() - self._drawn_s < (_REDRAW_S if looked_at else _LINE_S):
            return
        self._drawn_s = time.monotonic()
        if looked_at:
            self._live.update(self._picture(standing), refresh=True)
        elif standing.begun is not None:
            self._terminal.tell("fleet.stands", **_facts(standing))

    def _tell(self, when: str, outage: Outage) -> None:
        self._terminal.tell(
            f"fleet.{when}-outage", what=self._terminal.words(f"fleet.{outage.what}", share=f"{outage.share_pct:g}")
        )

    def _picture(self, standing: Standing) -> Table:
        words, table = self._terminal.words, Table.grid(padding=(0, 3))
        table.add_column()
        table.add_column(justify="right", style="bold")
        at_s = 0.0 if standing.begun is None else max(0.0, standing.now - standing.begun)
        table.add_row(words("fleet.live-time"), f"{at_s:.0f} / {self._plan.duration_s:.0f} s")
        table.add_row(words("fleet.live-online"), f"{standing.online} / {standing.devices}")
        table.add_row(words("fleet.live-events"), f"{standing.accepted}")
        table.add_row(words("fleet.live-waiting"), f"{standing.accepted - standing.acked}")
        table.add_row(words("fleet.live-connects"), self._connects(standing))
        return table

    def _connects(self, standing: Standing) -> str:
        """In a second of the last two, and the most in any second since events began."""
        recent = sum(at > standing.now - 2 * WINDOW_S for at in standing.connects)
        if standing.begun is not None and len(standing.connects) != self._seen:
            self._seen = len(standing.connects)
            self._peak = peak(at for at in standing.connects if at >= standing.begun)
        return f"{recent / 2:.0f} / s  (≤ {self._peak})"


def figures(terminal: Terminal, told: Report) -> list[tuple[str, str]]:
    """The report's rows for people, in the order in which one asks."""
    values = {
        "events": f"{told.events}",
        "acked": f"{told.acked}",
        "at-hub": _or_unknown(told.at_hub),
        "lost": f"{told.lost}",
        "duplicated": _or_unknown(told.duplicated),
        "sent-again": _or_unknown(told.sent_again),
        "latency": _spread(told.latency_ms, "ms"),
        "calm-latency": _spread(told.calm_latency_ms, "ms"),
        "late": _spread(told.late_ms, "ms"),
        "connects": f"{told.connects} / {told.calls_in_vain}",
        "peak": f"{told.peak_connects_pct:g} / {told.peak_calls_pct:g} %",
        "reconnect": _spread(told.reconnect_s, "s"),
        "all-back": _or_unknown(told.all_back_s, " s"),
        "bytes": f"{told.bytes_up / 1e6:.1f} / {told.bytes_down / 1e6:.1f} MB",
        "cpu": " / ".join(_or_unknown(told.cpu_s[name]) for name in ("simulators", "broker", "hub")) + " s",
    }
    return [(terminal.words(f"fleet.figure-{name}"), value) for name, value in values.items()]


def _spread(spread: dict[str, float | None], unit: str) -> str:
    known = [value for value in spread.values() if value is not None]
    return (
        f"{' / '.join(f'{value:.0f}' if unit == 'ms' else f'{value:.1f}' for value in known)} {unit}"
        if known
        else _NONE
    )


def _or_unknown(value: float | None, unit: str = "") -> str:
    return _NONE if value is None else f"{value:g}{unit}"


def _facts(standing: Standing) -> dict[str, int]:
    waiting = standing.accepted - standing.acked
    return {"online": standing.online, "devices": standing.devices, "events": standing.accepted, "waiting": waiting}
