# SPDX-License-Identifier: Apache-2.0
"""What is wrong with the chains of evidence that a hub has, for whoever looks at the hub again and again."""

from contextlib import closing
from functools import lru_cache
from pathlib import Path

from provisioning.bench.record import Record
from provisioning.evidence.chains import chains_of
from provisioning.evidence.source import recorded


def recorded_chain(hub_folder: Path) -> int:
    """How many places of the chains are missing, broken or forked; every signature is checked, once for each case."""
    with closing(Record(hub_folder)) as record:
        return _faults(hub_folder, record.case_count())


@lru_cache(maxsize=4)
def _faults(hub_folder: Path, _count: int) -> int:
    with closing(Record(hub_folder)) as record:
        return len(chains_of(recorded(record)).problems)
