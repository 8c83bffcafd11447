# SPDX-License-Identifier: Apache-2.0
"""Blobs: bytes named by their SHA-256, referred to by events and carried in chunks on lane `blob`."""

from pydantic import Field

from edge.contract.words import Base64Url, Said, Sha256

MAX_CHUNK_BYTES = 128 * 1024
"""Contract: raw bytes a chunk carries at most."""

CHUNK_TYPE = "cn.dongtou.edge.blob.chunk.v1"


class BlobRef(Said):
    """How an event names a picture or document."""

    sha256: Sha256
    size: int = Field(ge=0)
    media_type: str


class BlobChunk(Said):
    """`data` of one chunk event; offsets ascend, `total` is the whole blob's size in bytes."""

    sha256: Sha256
    offset: int = Field(ge=0)
    total: int = Field(ge=0)
    bytes: Base64Url
