# SPDX-License-Identifier: Apache-2.0
"""What a run came to: sums over the processes, the hub's own count beside them, and how the fleet came back."""

import json
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

from edge.fleet.histogram import Histogram, merged
from edge.fleet.words import Finished, Outage

WINDOW_S: Final = 1.0
_SHARES: Final = {"p50": 0.50, "p95": 0.95, "p99": 0.99}


@dataclass(frozen=True, slots=True)
class AtHub:
    """What the hub's record holds of this run. `again` were sent more than once and passed over."""

    received: int
    duplicated: int
    again: int


@dataclass(frozen=True, slots=True)
class Cost:
    """Processor seconds from the beginning to the end; None for a broker and a hub that are not ours."""

    simulators_s: float
    broker_s: float | None = None
    hub_s: float | None = None


@dataclass(frozen=True, slots=True)
class Instants:
    """When things happened, on one monotonic clock; `begun` is when events began.

    A broker heard `connects`; where nobody listened, a call was `in_vain`.
    """

    begun: float
    ended: float
    connects: Sequence[float]
    links: Sequence[float]
    in_vain: Sequence[float] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """`lost` and `duplicated` by the hub's own rows; without them what was never acknowledged, and None."""

    devices: int
    processes: int
    seconds: float
    events: int
    acked: int
    at_hub: int | None
    lost: int
    duplicated: int | None
    sent_again: int | None
    refused: int
    latency_ms: dict[str, float | None]
    calm_latency_ms: dict[str, float | None]
    """Of events that were due before anything went wrong."""
    late_ms: dict[str, float | None]
    """How late the simulators were themselves: beyond a few hundred, all instants here say more of this machine."""
    connects: int
    peak_connects_pct: float
    calls_in_vain: int
    peak_calls_pct: float
    """The same peak with those counted that no broker heard."""
    connects_per_s: dict[int, int]
    reconnect_s: dict[str, float | None]
    all_back_s: float | None
    bytes_up: int
    bytes_down: int
    cpu_s: dict[str, float | None]
    rss_mb: float

    @property
    def passed(self) -> bool:
        """Nothing lost, nothing twice, nothing refused."""
        return self.lost == 0 and not self.duplicated and self.refused == 0

    def as_json(self) -> str:
        """One line for programs."""
        return json.dumps(asdict(self))


def peak(instants: Iterable[float], window_s: float = WINDOW_S) -> int:
    """Most of them within any window of that length, wherever it begins."""
    ranked = sorted(instants)
    return max((bisect_left(ranked, at + window_s) - place for place, at in enumerate(ranked)), default=0)


def all_back_s(links: Sequence[float], outages: Sequence[Outage], begun: float) -> float | None:
    """Longest time from the end of an outage to the last device that then got a link; None if nobody had to."""
    ranked, waits = sorted(links), []
    starts = [begun + outage.at_s for outage in outages] + [float("inf")]
    for outage, following in zip(outages, starts[1:], strict=True):
        over = begun + outage.at_s + outage.for_s
        last = bisect_right(ranked, following) - 1
        if last >= 0 and ranked[last] > begun + outage.at_s:
            waits.append(max(0.0, ranked[last] - over))
    return round(max(waits), 2) if waits else None


def report(
    parts: Sequence[Finished],
    devices: int,
    instants: Instants,
    outages: Sequence[Outage],
    hub: AtHub | None,
    cost: Cost,
) -> Report:
    """Add it all up."""
    events, acked = sum(part.accepted for part in parts), sum(part.acked for part in parts)
    latency, reconnect = merged(part.latency for part in parts), merged(part.reconnect for part in parts)
    since = [at for at in instants.connects if at >= instants.begun]
    in_vain = [at for at in instants.in_vain if at >= instants.begun]
    return Report(
        devices=devices,
        processes=len(parts),
        seconds=round(instants.ended - instants.begun, 1),
        events=events,
        acked=acked,
        at_hub=hub.received if hub else None,
        lost=events - (hub.received if hub else acked),
        duplicated=hub.duplicated if hub else None,
        sent_again=hub.again if hub else None,
        refused=sum(part.refused for part in parts),
        latency_ms=_spread(latency, 1000),
        calm_latency_ms=_spread(merged(part.calm_latency for part in parts), 1000),
        late_ms=_spread(merged(part.lateness for part in parts), 1000),
        connects=len(since),
        peak_connects_pct=_pct(peak(since), devices),
        calls_in_vain=len(in_vain),
        peak_calls_pct=_pct(peak([*since, *in_vain]), devices),
        connects_per_s=dict(sorted(Counter(int(at - instants.begun) for at in since).items())),
        reconnect_s=_spread(reconnect, 1),
        all_back_s=all_back_s(instants.links, outages, instants.begun),
        bytes_up=sum(part.bytes_up for part in parts),
        bytes_down=sum(part.bytes_down for part in parts),
        cpu_s={name.removesuffix("_s"): _rounded(value) for name, value in asdict(cost).items()},
        rss_mb=round(sum(part.rss_mb for part in parts), 1),
    )


def _spread(histogram: Histogram, scale: float) -> dict[str, float | None]:
    values = {name: histogram.percentile(share) for name, share in _SHARES.items()}
    values["max"] = histogram.most_s if histogram.total else None
    return {name: _rounded(None if value is None else value * scale) for name, value in values.items()}


def _rounded(value: Any) -> float | None:  # noqa: ANN401  (a figure or none)
    return None if value is None else round(value, 2)


def _pct(count: int, devices: int) -> float:
    return round(100 * count / devices, 2)
