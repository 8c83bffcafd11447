# SPDX-License-Identifier: Apache-2.0
"""What one simulator process is told, and what it tells: JSON, one object a line, on stdin and stdout.

First `Orders`. When it has brought every device online, or tried to, it is told to `Begin`. From then on it tells a
`Beat` twice a second, and `Finished` at the end. Instants are those of this machine's monotonic clock, which all
processes share.
"""

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter

from edge.config.models import Link
from edge.contract.words import Lane
from edge.fleet.histogram import Histogram


class Words(BaseModel):
    """Closed: both ends are of one version."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Mishap(StrEnum):
    """What may go wrong in a script. The last two happen at the devices' side, whoever owns broker and hub."""

    BROKER_KILLED = "broker-killed"
    BROKER_FROZEN = "broker-frozen"
    HUB_KILLED = "hub-killed"
    HUB_STOPPED = "hub-stopped"
    LINK_CUT = "link-cut"
    POWER_CUT = "power-cut"


AT_DEVICES = frozenset({Mishap.LINK_CUT, Mishap.POWER_CUT})
"""What a simulator does by itself."""


class Outage(Words):
    """One thing that goes wrong: `at_s` after the beginning, for `for_s`, at `share_pct` of the devices."""

    what: Mishap
    at_s: float = Field(ge=0)
    for_s: float = Field(gt=0)
    share_pct: float = Field(default=100.0, gt=0, le=100)


class Orders(Words):
    """The devices of one process: `first`…`last` of the fleet, and what they shall do."""

    first: int = Field(ge=1)
    last: int = Field(ge=1)
    prefix: str = "sim-"
    link: Link
    events_per_s: float = Field(gt=0)
    duration_s: float = Field(gt=0)
    drain_s: float = Field(ge=0)
    """How long after the last event to wait for the hub's last word."""
    ramp_s: float = Field(ge=0)
    """The fleet is switched on one by one over so many seconds."""
    outbox: Literal["memory", "disk"] = "memory"
    folder: Path
    """Where outboxes on disk lie, and the shape of those in memory is made."""
    data_bytes: int = Field(default=120, ge=0, le=100_000)
    lanes: dict[Lane, float] = {Lane.METRIC: 0.85, Lane.STATE: 0.1, Lane.RECORD: 0.04, Lane.URGENT: 0.01}
    seed: int = 0
    outages: tuple[Outage, ...] = ()
    calm_s: float = 0.0
    """Nothing goes wrong for so long: events that were due by then are also counted by themselves."""

    @property
    def devices(self) -> int:
        """How many."""
        return self.last - self.first + 1

    def device(self, number: int) -> str:
        """Name of one device of the fleet."""
        return f"{self.prefix}{number:04d}"


class Begin(Words):
    """Events and outages run from the instant `at` on."""

    at: float


class Beat(Words):
    """How it stands, and when since the last beat a broker was called, nobody was there to call, a link came up."""

    line: Literal["beat"] = "beat"
    online: int
    accepted: int
    acked: int
    connects: tuple[float, ...]
    in_vain: tuple[float, ...]
    links: tuple[float, ...]


class Finished(Words):
    """What it came to. `latency` runs from when an event was due until its device heard the hub's word for it."""

    line: Literal["finished"] = "finished"
    accepted: int
    acked: int
    refused: int
    """Events that the outbox did not take."""
    latency: Histogram
    calm_latency: Histogram
    lateness: Histogram = Histogram()
    """How late the simulator itself was with each event: what is late here is the machine's fault, not the fleet's."""
    reconnect: Histogram
    """From the loss of a link to the next one."""
    bytes_up: int
    bytes_down: int
    cpu_s: float
    rss_mb: float


Line = Annotated[Beat | Finished, Field(discriminator="line")]
LINE: TypeAdapter[Beat | Finished] = TypeAdapter(Line)
