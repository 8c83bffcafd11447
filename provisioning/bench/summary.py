# SPDX-License-Identifier: Apache-2.0
"""What a demo comes to, in numbers: the agent's word for what it accepted, the hub's rows for what arrived."""

import json
from dataclasses import asdict, dataclass
from typing import Self

from edge.contract.local import Status
from provisioning.bench.record import Record


@dataclass(frozen=True, slots=True)
class Summary:
    """`expected` events were accepted by the agent, `received` of them are at the hub; `offline_s` without a link."""

    expected: int
    received: int
    duplicated: int
    blobs_verified: int
    blobs_expected: int
    offline_s: float

    @classmethod
    def of(cls, accepted: Status, record: Record, offline_s: float) -> Self:
        """Compare the agent's outbox with the hub's own rows."""
        last = {lane: depth.last_seq for lane, depth in accepted.lanes.items()}
        return cls(
            expected=sum(last.values()),
            received=record.received_of(accepted.device, accepted.epoch, last),
            duplicated=record.duplicated(),
            blobs_verified=record.blobs_verified(),
            blobs_expected=record.blobs_expected(),
            offline_s=round(offline_s, 1),
        )

    @property
    def lost(self) -> int:
        """Accepted, and not at the hub."""
        return self.expected - self.received

    def passed(self, *, pictures_due: bool) -> bool:
        """Nothing lost, nothing twice, every picture whole; and where a case was staged, pictures there are."""
        whole = self.blobs_verified == self.blobs_expected
        return self.lost == 0 and self.duplicated == 0 and whole and (self.blobs_expected > 0 or not pictures_due)

    def as_json(self) -> str:
        """One line for programs; every value a number."""
        counts = {"expected": self.expected, "received": self.received, "lost": self.lost}
        return json.dumps({**counts, **asdict(self)})

    def figures(self) -> list[tuple[str, str]]:
        """The same for people: name and value, in the order in which one asks."""
        blobs = f"{self.blobs_verified} / {self.blobs_expected}"
        return [
            ("expected", str(self.expected)),
            ("received", str(self.received)),
            ("lost", str(self.lost)),
            ("duplicated", str(self.duplicated)),
            ("blobs", blobs),
            ("offline", f"{self.offline_s:.1f} s"),
        ]
