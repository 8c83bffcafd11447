# SPDX-License-Identifier: Apache-2.0
"""The chains of evidence among many cases: which are whole, and where cases are missing, broken or forked."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from edge.contract.evidence_chain import ChainFault, FaultKind, Linked, chain_faults, chain_of, fingerprint
from edge.contract.problems import Problem
from provisioning.evidence.signed import SignatureFault
from provisioning.evidence.source import SourceCase
from provisioning.evidence.verify import read_manifest

_CODES: dict[FaultKind, str] = {
    "missing": "evidence-chain-missing",
    "broken": "evidence-chain-broken",
    "forked": "evidence-chain-forked",
    "no-beginning": "evidence-chain-no-beginning",
}


@dataclass(frozen=True, slots=True)
class Chain:
    """One chain as far as it is here: its cases, the highest number, and what is wrong with it."""

    device: str
    epoch: str
    count: int
    last: int
    faults: tuple[ChainFault, ...]

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What is wrong, in the catalogue's words."""
        return tuple(map(_problem, self.faults))


@dataclass(frozen=True, slots=True)
class Chains:
    """All of them, by device and store; `unchained` are cases without a number or a signature that holds."""

    chains: tuple[Chain, ...]
    unchained: tuple[str, ...]

    @property
    def problems(self) -> tuple[Problem, ...]:
        """Everything that is wrong."""
        return tuple(problem for chain in self.chains for problem in chain.problems)


def chains_of(cases: Iterable[SourceCase]) -> Chains:
    """Look at every case's own signed word; who only says in the event what is not signed counts as unchained."""
    linked: list[Linked] = []
    unchained: list[str] = []
    for case in cases:
        one = _linked(case)
        if one is None:
            unchained.append(case.case)
        else:
            linked.append(one)
    return Chains(tuple(_chains(linked)), tuple(unchained))


def as_json(found: Chains) -> dict[str, Any]:
    """For programs."""
    return {
        "chains": [
            {
                "device": chain.device,
                "epoch": chain.epoch,
                "cases": chain.count,
                "last": chain.last,
                "problems": [problem.model_dump(mode="json") for problem in chain.problems],
            }
            for chain in found.chains
        ],
        "unchained": list(found.unchained),
    }


def _linked(case: SourceCase) -> Linked | None:
    try:
        signed, manifest = read_manifest(case.token.encode("ascii", "replace"))
    except SignatureFault:
        return None
    if manifest.chain is None or manifest.facts.device != case.device:
        return None
    return Linked(case.device, signed.kid, manifest.facts.case, manifest.chain, fingerprint(signed.token))


def _chains(linked: list[Linked]) -> Iterator[Chain]:
    for (device, epoch), found in groupby(sorted(linked, key=chain_of), chain_of):
        here = list(found)
        last = max(one.link.number for one in here)
        yield Chain(device, epoch, len(here), last, tuple(chain_faults(here)))


def _problem(fault: ChainFault) -> Problem:
    detail = {"device": fault.device, "epoch": fault.epoch, "first": fault.first, "last": fault.last}
    return Problem(code=_CODES[fault.kind], detail={**detail, "cases": ", ".join(fault.cases) or "–"})
