# SPDX-License-Identifier: Apache-2.0
"""Signing a case's manifest as the next link of the device's chain."""

from collections.abc import Mapping
from typing import Any

from edge.contract.evidence_chain import Head, next_link
from edge.contract.evidence_package import MANIFEST_TYP
from edge.identity.keystore import KeyStore


def sign_next(
    keys: KeyStore, manifest: Mapping[str, Any], device: str, epoch: str, head: Head | None
) -> tuple[str, Head]:
    """The manifest as a compact JWS that follows `head`, and the new head, to be kept in the same commit."""
    link = next_link(device, epoch, keys.kid, head)
    token = keys.sign({**manifest, "chain": link.model_dump(mode="json")}, MANIFEST_TYP)
    return token, Head.of(link, token)
