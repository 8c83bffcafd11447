# SPDX-License-Identifier: Apache-2.0
"""Instants, spans and events in words that people read."""

from datetime import UTC, datetime

import pytest

from edge.contract.events import EVENTS, event_in_words
from edge.contract.instants import clock_time, span, stamp
from edge.contract.problems import Language, Problem, explain

NOON = datetime(2026, 11, 24, 4, 0, 0, 250_000, UTC)


def test_instants_are_told_by_beijing_time_with_the_offset() -> None:
    """Whoever reads a sheet need not ask whose clock it was."""
    assert stamp(NOON) == "2026-11-24 12:00:00.250 +08:00"
    assert stamp(NOON, "seconds") == "2026-11-24 12:00:00 +08:00"
    assert clock_time(NOON) == "12:00:00"


@pytest.mark.parametrize(("seconds", "told"), [(0, "0:00"), (65.4, "1:05"), (3725, "1:02:05")])
def test_spans(seconds: float, told: str) -> None:
    """Minutes and seconds; hours where there are any."""
    assert span(seconds) == told


@pytest.mark.parametrize("language", list(Language))
def test_every_event_has_words(language: Language) -> None:
    """Pages and films never show a bare type of ours; that of a stranger's program is shown as it is."""
    for event in EVENTS:
        assert event_in_words(event.type, language) != event.name
    assert event_in_words("com.example.level.v1", language) == "com.example.level.v1"


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        ("it breaks off", "内容中断"),
        ("7 bytes follow its end", "结尾之后另有 7 字节"),
        (
            "entry 6 ('photographs/01.jpg'), byte 4012; directory, byte 9",
            "第 6 个文件（'photographs/01.jpg'），第 4012 字节; 归档目录，第 9 字节",
        ),
        ("error of the clock, number of panoramas", "时钟误差, 全景照片数量"),
        ("something the code has never said", "something the code has never said"),
    ],
)
def test_reasons_are_told_in_the_readers_language(reason: str, told: str) -> None:
    """A Chinese message holds no English sentence of ours; what is not known is left as it is."""
    problem = Problem(code="evidence-unreadable", detail={"path": "x.zip", "reason": reason})
    assert explain(problem, Language.ZH).meaning == f"无法读取 x.zip：{told}。"
    assert reason in explain(problem, Language.EN).meaning
