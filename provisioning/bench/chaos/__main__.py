# SPDX-License-Identifier: Apache-2.0
"""A bad line between anything that speaks MQTT and its broker: what goes wrong is drawn from a seed, and replays.

The plan goes to stdout, one JSON line a fault, so that it can be kept and played again; what strikes goes to stderr.
When the plan is played out, the line is a good one; Ctrl-C ends it.
"""

import argparse
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from pydantic import ValidationError

from provisioning.bench.chaos.fault import Fault
from provisioning.bench.chaos.plan import BARE, MILD, STORM, draw, read, written
from provisioning.bench.chaos.proxy import Proxy, Struck

_WEATHERS: Final = {"storm": STORM, "mild": MILD, "bare": BARE}


def main(argv: Sequence[str] | None = None) -> int:
    """Relay until told to stop."""
    parser = _parser()
    args = parser.parse_args(argv)
    try:
        plan = read(args.plan) if args.plan else draw(args.seed, args.rounds, _WEATHERS[args.weather])
    except (OSError, ValidationError) as wrong:
        parser.error(f"--plan {args.plan}: {_complaint(wrong)}")
    sys.stdout.write(written(plan))
    sys.stdout.flush()
    ended = threading.Event()
    for sign in (signal.SIGTERM, signal.SIGINT):
        signal.signal(sign, lambda *_: ended.set())
    begun_s = time.monotonic()
    try:
        with Proxy(args.target, plan, port=args.listen, on_strike=lambda struck: _tell(struck, begun_s)) as proxy:
            _say(f"listening on 127.0.0.1:{proxy.port}, {len(plan)} faults ahead")
            ended.wait()
            _say(_summary(proxy))
    except OSError as wrong:
        parser.error(f"--listen {args.listen}: {wrong.strerror}")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m provisioning.bench.chaos", description=__doc__)
    parser.add_argument("--target", required=True, type=_address, metavar="HOST:PORT", help="the broker")
    parser.add_argument("--listen", type=int, default=0, metavar="PORT", help="on this machine; 0 is any free one (0)")
    parser.add_argument("--seed", type=int, default=1, help="the same seed gives the same plan (1)")
    parser.add_argument("--rounds", type=int, default=1, help="each brings every way to end a connection once (1)")
    parser.add_argument("--weather", choices=_WEATHERS, default="storm", help="how much else goes wrong (storm)")
    parser.add_argument("--plan", type=Path, metavar="FILE", help="play this plan instead of drawing one")
    return parser


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal():
        raise argparse.ArgumentTypeError(f"expected HOST:PORT, got {text!r}")
    return host, int(port)


def _complaint(wrong: OSError | ValidationError) -> str:
    if isinstance(wrong, ValidationError):
        first = wrong.errors()[0]
        return f"{'.'.join(map(str, first['loc'])) or 'line'}: {first['msg']}"
    return str(wrong.strerror)


def _tell(struck: Struck, begun_s: float) -> None:
    _say(f"{struck.at_s - begun_s:8.3f} s  connection {struck.connection}: {_words(struck.fault)}")


def _words(fault: Fault) -> str:
    shown = fault.model_dump(mode="json", exclude={"kind", "turn"}, exclude_defaults=True)
    return " ".join([fault.kind.value, *(f"{name}={value}" for name, value in shown.items())])


def _summary(proxy: Proxy) -> str:
    kinds = Counter(struck.fault.kind.value for struck in proxy.struck)
    counted = ", ".join(f"{count} {kind}" for kind, count in kinds.most_common()) or "none"
    return f"{len(proxy.accepted_s)} connections; {len(proxy.struck)} faults struck: {counted}; {proxy.left} did not"


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    raise SystemExit(main())
