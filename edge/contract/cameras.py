# SPDX-License-Identifier: Apache-2.0
"""What a device tells of its cameras, whatever roles watch them."""

from typing import Literal

from pydantic import ConfigDict, Field

from edge.contract.problems import Problem
from edge.contract.words import DeviceName, Instant, Said

LOST_TYPE = "cn.dongtou.edge.camera.lost.v1"
BACK_TYPE = "cn.dongtou.edge.camera.back.v1"
VIEW_TYPE = "cn.dongtou.edge.camera.view.v1"

View = Literal["clear", "covered", "turned", "blurred", "dark", "frozen"]
ACTIVITY_TYPE = "cn.dongtou.edge.camera.activity.v1"
PRESET_TYPE = "cn.dongtou.edge.camera.preset.v1"


class CameraLost(Said):
    """A camera gives no pictures any more; `problem` says why."""

    camera: str
    problem: Problem


class CameraBack(Said):
    """A camera that was lost gives pictures again."""

    camera: str


class CameraView(Said):
    """A camera gives pictures, but no longer of what it is there to see; `clear` once it does so again."""

    camera: str
    view: View
    since: Instant
    why: str = Field(default="", description="what gave it away, in English")


class CameraActivity(Said):
    """What came into view lately, by kind; each track is counted once. Silence means that nothing came."""

    model_config = ConfigDict(populate_by_name=True, serialize_by_alias=True)

    camera: str
    from_: Instant = Field(alias="from")
    to: Instant
    frames: int
    arrived: dict[str, int]


class CameraPreset(Said):
    """Whoever turns a camera says where it stands now; null while it turns. The only type that others may speak."""

    camera: str
    preset: DeviceName | None = None
