# SPDX-License-Identifier: Apache-2.0
"""The two retained words a device keeps at the broker: whether it is there, and the state it reports."""

from pydantic import JsonValue

from edge.contract.problems import Problem
from edge.contract.words import Epoch, Instant, Said


class Presence(Said):
    """Who is there since when. The same with `online` false is the will."""

    online: bool
    boot: str
    epoch: Epoch
    agent: str
    role: str
    time: Instant


class Reported(Said):
    """State as the device sees it, with the problems it has now."""

    revision: int
    state: dict[str, JsonValue]
    problems: tuple[Problem, ...] = ()
