# SPDX-License-Identifier: Apache-2.0
import pytest

from edge.contract.problems import Language, catalogue
from kiosk_ui.colours import DAWN, DAY, DUSK, QUIET, TEXT, Mood, contrast
from kiosk_ui.flow import STOPS_SERVICE, Reason
from kiosk_ui.words import words_in


@pytest.mark.parametrize("language", Language)
def test_every_language_is_complete(language: Language) -> None:
    """Each file has every sentence and no other, and an apology always comes with a next step."""
    words = words_in(language)
    assert words.out_of_service.next
    assert words.date.format(year=2026, month=5, day=14, weekday=words.weekdays[3])
    assert words.terminal.format(device="terminal-07").endswith("terminal-07")


@pytest.mark.parametrize("code", sorted({*Reason, *STOPS_SERVICE}))
def test_every_code_on_the_screen_is_in_the_catalogue(code: str) -> None:
    """Staff who read a code off the screen find it explained in the catalogue."""
    assert code in catalogue()


@pytest.mark.parametrize("mood", [DAWN, DAY, DUSK], ids=["dawn", "day", "dusk"])
def test_text_can_be_read_in_every_light(mood: Mood) -> None:
    """Both text colours reach 7 : 1 (WCAG AAA) on every ground, the waves included, and the sign 3 : 1 on its own."""
    for ground in (mood.sky, mood.sea, mood.far, mood.near):
        assert contrast(TEXT, ground) >= 7
        assert contrast(QUIET, ground) >= 7
    assert contrast(mood.mark, mood.sky) >= 3
    assert contrast(mood.mark, mood.on_mark) >= 3


def test_contrast_is_that_of_the_guideline() -> None:
    """Black on white is 21 : 1, a colour on itself 1 : 1, and the customary grey 767676 just passes AA on white."""
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#123456", "#123456") == pytest.approx(1)
    assert contrast("#767676", "#FFFFFF") == pytest.approx(4.54, abs=0.01)
