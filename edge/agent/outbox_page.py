# SPDX-License-Identifier: Apache-2.0
"""The outbox as a page for a technician: a table by lane, what it takes on the disk, and whether it drains."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from edge.agent.columns import Column, size, span, table
from edge.agent.complaint import in_short
from edge.agent.drain import Rate, bytes_of, rows_of
from edge.agent.terminal import Marks
from edge.contract.local import LaneDepth, Outbox
from edge.contract.phrases import phrase
from edge.contract.problems import Language

_NONE = "–"


@dataclass(frozen=True, slots=True)
class Page:
    """How the page is written, and what of it does not stand in the outbox."""

    language: Language
    width: int
    marks: Marks
    now: datetime
    cap_bytes: int
    folder: Path

    def lines(self, seen: Outbox, rate: Rate, watched_s: float) -> list[str]:
        """The whole page."""
        lines = [self._say("device", device=seen.device, epoch=seen.epoch), self._link(seen), ""]
        lines += [*table(self._columns(seen), self.width), ""]
        taken, cap = size(seen.disk_bytes), size(self.cap_bytes)
        lines.append(self._say("disk", taken=taken, cap=cap, percent=_percent(seen.disk_bytes, self.cap_bytes)))
        shed = list(seen.lanes.values())
        if rows := sum(depth.shed_rows for depth in shed):
            lines.append(self._say("was-shed", rows=f"{rows:,}", bytes=size(sum(depth.shed_bytes for depth in shed))))
        lines.append(self._drain(seen, rate, watched_s))
        return lines + [in_short(problem, self.language, self.marks) for problem in seen.problems]

    def _say(self, key: str, **facts: object) -> str:
        return phrase(f"outbox.{key}", self.language, **facts)

    def _link(self, seen: Outbox) -> str:
        if seen.link is None:
            return self._say("no-agent", folder=self.folder)
        return self._say("connected" if seen.link.connected else "offline", broker=seen.link.broker)

    def _columns(self, seen: Outbox) -> list[Column]:
        depths = list(seen.lanes.values())
        shed = any(depth.shed_rows for depth in depths)
        totals = [f"{rows_of(seen):,}", size(sum(map(bytes_of, depths)))]
        columns = [
            Column(self._say("lane"), [*(lane.value for lane in seen.lanes), self._say("all")], left=True),
            Column(self._say("rows"), [*(f"{depth.rows:,}" for depth in depths), totals[0]]),
            Column(self._say("size"), [*(size(bytes_of(depth)) for depth in depths), totals[1]]),
            Column(self._say("oldest"), [*map(self._age, depths), ""], spare=1),
            Column(self._say("newest"), [*(f"{depth.last_seq:,}" for depth in depths), ""], spare=4),
            Column(self._say("acked"), [*(f"{depth.acked_seq:,}" for depth in depths), ""], spare=3),
        ]
        if shed:
            total = f"{sum(depth.shed_rows for depth in depths):,}"
            columns.append(Column(self._say("shed"), [*(f"{depth.shed_rows:,}" for depth in depths), total], spare=2))
            given_up = [size(depth.shed_bytes) for depth in depths]
            columns.append(Column(self._say("shed-size"), [*given_up, ""], spare=5))
        return columns

    def _age(self, depth: LaneDepth) -> str:
        return _NONE if depth.oldest is None else span((self.now - depth.oldest).total_seconds(), self.language)

    def _drain(self, seen: Outbox, rate: Rate, watched_s: float) -> str:
        if not rows_of(seen):
            return self._say("empty")
        if not rate.rows_per_s:
            return self._say("still" if seen.link else "still-no-agent", watched=span(watched_s, self.language))
        pace = {"rate": f"{rate.rows_per_s:,.0f}", "bytes": size(rate.bytes_per_s)}
        if rate.left_s is None:
            return self._say("growing", **pace)
        return self._say("draining", **pace, left=span(rate.left_s, self.language))


def _percent(taken: int, cap: int) -> str:
    return f"{100 * taken / cap:.1f}"
