# SPDX-License-Identifier: Apache-2.0
"""Any order of comings, goings, levels and lost cameras before port_watch: alarms begin, go on and end."""

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.roles.port_watch.quay import MAN, Quay, moved

DEEDS = st.lists(st.tuples(st.sampled_from(["come", "go", "plan", "camera", "wait"]), st.integers(0, 4)), max_size=12)
LEVELS = ("none", "iv", "iii", "ii", "i")


@settings(max_examples=15, deadline=None, derandomize=True)
@given(DEEDS)
def test_every_incident_is_rung_first_and_cleared_once(deeds: list[tuple[str, int]]) -> None:
    """No word of an incident before its alarm or after its end, no alarm below its level, no picture kept for ever."""
    quay = Quay(level="none")
    for number, (deed, which) in enumerate(deeds):
        match deed:
            case "come":
                quay.comes(number + 1, moved(MAN, 0.08 * which))
            case "go":
                quay.tracks.clear()
            case "plan":
                quay.plan(LEVELS[which], issued_s=number + 1)
            case "camera":
                quay.camera(online=which > 1)
            case _:
                quay.plays(20 * which)
        quay.plays(3)
    quay.tracks.clear()
    quay.camera(online=True)
    quay.plays(70)
    told: dict[str, list[str]] = {}
    for emit in quay.emitted:
        if "incident" in emit.data:
            told.setdefault(emit.data["incident"], []).append(emit.type.split(".")[-2])
            assert emit.data["level"] in {"iii", "ii", "i"}
    assert all(words[0] == "alarm" and words[1:-1] == ["alarm"] * (len(words) - 2) for words in told.values())
    assert all(words[-1] == "cleared" for words in told.values())
    assert not quay.held
