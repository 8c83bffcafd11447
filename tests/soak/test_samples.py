# SPDX-License-Identifier: Apache-2.0
import pytest

from tests.soak.samples import Sample, cpu_pct, growth_mb_h


def samples(pss: list[float], *, every_s: float = 60.0, pid: int = 1) -> list[Sample]:
    return [Sample(n * every_s, pid, n, n, mb, mb, 1.0, n * 0.6) for n, mb in enumerate(pss)]


def test_steady_growth_is_found() -> None:
    """Memory that grows 3 MB an hour is said to grow so, whatever it did in the first ten minutes."""
    warm_up = [20.0 + n for n in range(10)]
    assert growth_mb_h(samples([*warm_up, *(30 + n / 20 for n in range(60))])) == pytest.approx(3.0)
    assert growth_mb_h(samples([*warm_up, *([30.0] * 60)])) == pytest.approx(0.0)


def test_too_little_says_nothing() -> None:
    """A short run, or one whose process has just been restarted, has no slope."""
    assert growth_mb_h([]) is None
    assert growth_mb_h(samples([30.0] * 50)) is None
    assert growth_mb_h([*samples([30.0] * 60), *samples([20.0] * 61, pid=2)[60:]]) is None


def test_processor_time_is_of_one_process() -> None:
    """A hundredth of a core is what the same process used between two samples; a new one has nothing to compare."""
    first, second = samples([30.0, 30.0])
    assert cpu_pct(first, second) == pytest.approx(1.0)
    assert cpu_pct(None, second) != cpu_pct(None, second)
