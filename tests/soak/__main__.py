# SPDX-License-Identifier: Apache-2.0
"""`make soak`: devices under a mixed load, behind lines on which now and then something goes wrong, for hours.

One line a minute says how they are. At the end every event is looked for at the hub, and memory must not have grown:
the first device is never restarted, so that it would show; the last one is, now and then, like broker and hub.
"""

import argparse
import json
import signal
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from provisioning.bench.chaos.plan import MILD, draw
from tests.faults.district import District
from tests.faults.tally import Tally
from tests.scenarios.load import Line, Pace
from tests.scenarios.world import LinkTimes
from tests.soak.mishaps import Fortune
from tests.soak.samples import Sample, cpu_pct, growth_mb_h, take

SEED: Final = 20261124
MOST_GROWTH_MB_H: Final = 1.0
DEVICES: Final = 2
_TIMES: Final = LinkTimes(5.0, 5.0, 0.5, 5.0, keepalive_s=20, spread_s=1.0, silence_s=4.0, canary_s=20.0)
_PACE: Final = Pace(lines=2, rest_s=0.2)
_BRISK: Final = Pace(lines=20, rest_s=0.2)
_WARM_ROWS: Final = 30_000
"""So many events fill the caches, which would take the gentle load most of an hour."""
_WARM_SHARE: Final = 0.1
_ROUNDS: Final = 3
_LINE_S: Final = 60.0
_MISHAP_S: Final = 240.0
_LONGEST_S: Final = 30.0
_LOOK_AGAIN_S: Final = 0.5
_LEAST_LINES: Final = 12
"""So many lines and a few mishaps, however short the soak."""


class Soak:
    """One run, with what was measured."""

    def __init__(self, district: District, hours: float, seed: int) -> None:
        """Nothing runs yet."""
        self._district = district
        self._seconds = hours * 3600
        self._seed = seed
        self._line_s = min(_LINE_S, self._seconds / _LEAST_LINES)
        self._fortune = Fortune(
            seed, min(_MISHAP_S, self._seconds / 5), min(_LONGEST_S, self._seconds / (2 * _LEAST_LINES))
        )
        self._begun_s = time.monotonic()
        self.samples: list[list[Sample]] = [[] for _ in range(DEVICES)]
        self.ended = threading.Event()
        """Set by Ctrl-C: the ledger is settled all the same."""

    def run(self) -> Tally:
        """Until the time is over, then the ledger."""
        for device in range(DEVICES):
            self._district.add(draw(self._seed + device, _ROUNDS, MILD))
        accepted = self._warm_up()
        self._district.load(_PACE)
        line_s = self._line_s
        while not self.ended.wait(_LOOK_AGAIN_S) and self._now_s < self._seconds:
            if done := self._fortune.strike(self._district, self._now_s):
                _say(f"{_clock(self._now_s)}  {done}")
            self._top_up()
            if self._now_s >= line_s:
                self._line()
                line_s += self._line_s
        self._line()
        return self._district.settle(accepted, within_s=120.0)

    def _warm_up(self) -> list[Line]:
        """A brisk load to begin with; what it was promised."""
        self._district.load(_BRISK)
        while not self.ended.wait(_LOOK_AGAIN_S) and self._now_s < self._seconds * _WARM_SHARE:
            if all(pole.answered >= _WARM_ROWS for pole in self._district.poles):
                break
        return self._district.rest()

    @property
    def growth_mb_h(self) -> float | None:
        """Of the agent that was never restarted."""
        return growth_mb_h(self.samples[0])

    @property
    def _now_s(self) -> float:
        return time.monotonic() - self._begun_s

    def _top_up(self) -> None:
        for device, pole in enumerate(self._district.poles):
            if not pole.proxy.left:
                pole.proxy.add(draw(self._seed + device + len(pole.proxy.struck), _ROUNDS, MILD))

    def _line(self) -> None:
        words = []
        for pole, before in zip(self._district.poles, self.samples, strict=True):
            now = take(pole, self._begun_s)
            if now is None:
                words.append(f"{pole.name}: away")
                continue
            words.append(
                f"{pole.name}: {now.rows:,} rows, {now.acked:,} acked, PSS {now.pss_mb:.1f} RSS {now.rss_mb:.1f} MB,"
                f" disk {now.disk_mb:.1f} MB, CPU {cpu_pct(before[-1] if before else None, now):.1f} %"
            )
            before.append(now)
        struck = sum(len(pole.proxy.struck) for pole in self._district.poles) + self._district.faults
        _say(f"{_clock(self._now_s)}  {'; '.join(words)}; {struck} faults")


def main(argv: Sequence[str]) -> int:
    """Exit 1 if an event was lost, doubled, out of order or corrupt, or if memory grew."""
    args = _arguments(argv)
    with (
        tempfile.TemporaryDirectory(prefix="soak-", ignore_cleanup_errors=True) as name,
        District(Path(name) / "d", _TIMES) as district,
    ):
        soak = Soak(district, args.hours, args.seed)
        for sign in (signal.SIGINT, signal.SIGTERM):
            signal.signal(sign, lambda *_: soak.ended.set())
        tally = soak.run()
    growth = soak.growth_mb_h
    grew = growth is not None and growth > MOST_GROWTH_MB_H
    told = "too short to tell" if growth is None else f"{growth:+.2f} MB/h, at most {MOST_GROWTH_MB_H:g}"
    _say(f"memory: {told}")
    figures = {"hours": args.hours, **tally.figures(), "memory_mb_h": None if growth is None else round(growth, 2)}
    print(json.dumps(figures))  # noqa: T201  (the product of this programme)
    return 1 if grew or not tally.clean else 0


def _arguments(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("--hours", type=float, default=8.0, help="how long; 0.02 is enough to see it work (8)")
    parser.add_argument("--seed", type=int, default=SEED, help=f"the same seed brings the same mishaps ({SEED})")
    return parser.parse_args(argv)


def _clock(seconds: float) -> str:
    minutes, second = divmod(int(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{second:02}"


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
