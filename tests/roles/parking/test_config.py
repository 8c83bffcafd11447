# SPDX-License-Identifier: Apache-2.0
from typing import Any

import pytest
from pydantic import ValidationError

from edge.core.errands import ReadPlates, ReadSpaces
from edge.roles.parking.role import ROLE
from tests.roles.parking.lot import SPACES, settings_of


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"zones": [{"name": "south"}]}, "there is no zone north"),
        ({"zones": [{"name": "north"}, {"name": "north"}]}, "names must differ"),
        ({"zones": [{"name": "north"}, {"name": "south"}]}, "no space belongs to south"),
        ({"spaces": [SPACES["a"], SPACES["a"]]}, "names must differ"),
    ],
)
def test_names_that_do_not_hold_together_are_told(more: dict[str, Any], said: str) -> None:
    """A space in a zone that is not there would never be counted."""
    with pytest.raises(ValidationError, match=said):
        settings_of(**more)


def test_cameras_are_asked_for_spaces_and_for_plates_where_they_matter() -> None:
    """Plates are read in spaces for electric cars and where a stay has an end, and nowhere else."""
    lot = settings_of({"name": "a", "use": "ev"}, {"name": "b", "max_stay_s": 60}, {**SPACES["c"], "camera": "roof"})
    mast, plates, roof = ROLE.needs.errands(lot)
    assert isinstance(mast, ReadSpaces)
    assert [name for name, _ in mast.spaces] == ["a", "b"]
    assert isinstance(plates, ReadPlates)
    assert (plates.camera, len(plates.areas)) == ("mast", 2)
    assert isinstance(roof, ReadSpaces)
    assert ROLE.needs.cameras(lot) == {"mast", "roof"}
    assert ROLE.needs.signs(lot) == {"gate"}
    assert [outline.name for outline in ROLE.outlines(lot)] == ["a", "b", "c"]
    assert ROLE.first_state(lot) is not None
