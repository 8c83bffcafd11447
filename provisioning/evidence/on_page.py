# SPDX-License-Identifier: Apache-2.0
"""What the bench's page shows of evidence: sheets, packages, and whether the chains are whole."""

from provisioning.bench.page.server import PageServer
from provisioning.evidence.recorded_chain import recorded_chain
from provisioning.evidence.recorded_package import recorded_package
from provisioning.evidence.recorded_sheet import recorded_sheet


def evidence_on(page: PageServer) -> None:
    """Let a page show and hand out what its hub's record proves."""
    page.sheets, page.packages, page.chains = recorded_sheet, recorded_package, recorded_chain
