# SPDX-License-Identifier: Apache-2.0
"""The chain of everything that a device has signed as evidence: how a link is made, and what a broken chain shows.

Each manifest names its number and the hash of the manifest before it, so that whoever has several can tell whether one
of them was removed, put in or changed since. The tail of a chain is guarded by the outbox: a case is also a row there,
and the hub misses rows.
"""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Final, Literal

from edge.contract.evidence import ChainLink

GENESIS: Final = "dongtou-edge/evidence-chain/1"
"""What the first link of every chain is made from, with device, epoch and key."""

FaultKind = Literal["missing", "broken", "forked", "no-beginning"]


@dataclass(frozen=True, slots=True)
class Head:
    """The newest manifest of a chain: its number, and the SHA-256 of its JWS."""

    number: int
    sha256: str

    @classmethod
    def of(cls, link: ChainLink, token: str) -> "Head":
        """The head after a manifest with that link was signed."""
        return cls(link.number, fingerprint(token))


@dataclass(frozen=True, slots=True)
class Linked:
    """One signed manifest as somebody holds it: whose, by which key, with what link, and its own hash."""

    device: str
    kid: str
    case: str
    link: ChainLink
    sha256: str


@dataclass(frozen=True, slots=True)
class ChainFault:
    """What is wrong with a chain between two of its numbers.

    `missing`: those cases are not here. `broken`: the case does not follow the one that is here before it, so one of
    the two was put in or changed. `forked`: several cases bear the number. `no-beginning`: the first case of the chain
    does not begin it.
    """

    kind: FaultKind
    device: str
    epoch: str
    first: int
    last: int
    cases: tuple[str, ...] = ()


def fingerprint(token: str) -> str:
    """SHA-256 of a JWS, hexadecimal."""
    return hashlib.sha256(token.encode("ascii")).hexdigest()


def genesis(device: str, epoch: str, kid: str) -> str:
    """What the first manifest of a chain names as the one before it: it ties the chain to device, store and key."""
    return hashlib.sha256(f"{GENESIS}\n{device}\n{epoch}\n{kid}".encode()).hexdigest()


def next_link(device: str, epoch: str, kid: str, head: Head | None) -> ChainLink:
    """The link of the manifest that follows `head`; of the first one, without."""
    if head is None:
        return ChainLink(epoch=epoch, number=1, before=genesis(device, epoch, kid))
    return ChainLink(epoch=epoch, number=head.number + 1, before=head.sha256)


def chain_faults(linked: Iterable[Linked]) -> list[ChainFault]:
    """Everything that is wrong with the chains these manifests belong to, by device, epoch and number."""
    ordered = sorted(set(linked), key=lambda one: (*chain_of(one), one.link.number, one.sha256))
    return [fault for _, chain in groupby(ordered, chain_of) for fault in _faults(list(chain))]


def chain_of(one: Linked) -> tuple[str, str]:
    """Device and store whose chain it belongs to."""
    return one.device, one.link.epoch


def _faults(chain: list[Linked]) -> Iterator[ChainFault]:
    device, epoch = chain_of(chain[0])
    before: list[Linked] = []
    reached = 0
    for number, several in groupby(chain, lambda one: one.link.number):
        here = list(several)
        cases = tuple(one.case for one in here)
        if number > reached + 1:
            yield ChainFault("missing", device, epoch, reached + 1, number - 1)
        if len(here) > 1:
            yield ChainFault("forked", device, epoch, number, number, cases)
        if number == 1 and any(one.link.before != genesis(device, epoch, one.kid) for one in here):
            yield ChainFault("no-beginning", device, epoch, 1, 1, cases)
        if number == reached + 1 and before and not _follow(here, before):
            yield ChainFault("broken", device, epoch, reached, number, (*(one.case for one in before), *cases))
        before, reached = here, number


def _follow(here: list[Linked], before: list[Linked]) -> bool:
    known = {one.sha256 for one in before}
    return all(one.link.before in known for one in here)
