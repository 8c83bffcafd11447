# SPDX-License-Identifier: Apache-2.0
"""Agent and vision worker are killed while a car stands in a no-stopping zone; the role illegal_parking goes on."""

import pytest

from tests.roles.illegal_parking.street import BUS, Street


@pytest.mark.scenario
def test_worker_killed_mid_stay() -> None:
    """Killed in the grace, before the limit, and after the case; hidden by a bus in between: one stay, one case."""
    street = Street()
    street.comes(1)
    street.plays(5)
    street.restarts(20)
    street.plays(15)
    assert street.facts == ["opened"]
    street.restarts(20, reboot=True)
    street.comes(900, BUS, moving=True)
    street.vanishes(201)
    street.plays(10)
    street.vanishes(900)
    street.comes(300)
    street.plays(60)
    assert street.facts == ["opened", "case"]
    street.restarts(120)
    street.plays(100)
    street.leaves(400)
    street.plays(10)
    assert street.facts == ["opened", "case", "departed"]
    assert len({emit.subject for emit in street.emitted}) == 1
