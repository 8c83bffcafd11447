# SPDX-License-Identifier: Apache-2.0
"""The generated reference says what the code says."""

import sys

import pytest

from docs.generate import FOLDER, NOTE, PAGES


@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_what_the_code_would_write_today(page: str) -> None:
    """Whoever changes an event, a problem, a key or a verb changes its page with it: run `python -m docs.generate`."""
    if page == "edge-agent.md" and sys.version_info[:2] != (3, 11):
        pytest.skip("each Python lays out argparse's help in its own way; the page is written with 3.11")
    assert (FOLDER / page).read_text("utf-8") == PAGES[page]()


def test_no_generated_page_is_left_over() -> None:
    """A page that nothing writes any more goes."""
    generated = {page.name for page in FOLDER.glob("*.md") if NOTE in page.read_text("utf-8")}
    assert generated == set(PAGES)
