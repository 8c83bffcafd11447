# SPDX-License-Identifier: Apache-2.0
"""What the hub may order of cameras: a picture of now, and a clip of the last minutes. Both go to it as blobs."""

import asyncio
import hashlib
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from edge.agent.cameras import CameraPost
from edge.agent.role_runner import Surroundings
from edge.contract.blobs import BlobRef
from edge.contract.commands import ClipArgs, SnapshotArgs
from edge.contract.problems import ProblemError
from edge.core.clock import instant, wall_us
from edge.durable.transaction import Transaction
from edge.vision.develop import Developed, Job, develop

Args = TypeVar("Args", SnapshotArgs, ClipArgs)


class PictureDesk:
    """Handlers for these commands."""

    def __init__(self, around: Surroundings, cameras: Sequence[CameraPost]) -> None:
        """Of these cameras; `cameras` may still be filled."""
        self._around, self._cameras = around, cameras

    async def snapshot(self, args: dict[str, Any]) -> dict[str, Any]:
        """The newest picture of a camera, faces blurred unless the hub says otherwise."""
        wanted = _read(SnapshotArgs, args)
        post = self._post(wanted.camera)
        job = _job(post, ".jpg", wanted)
        developed, blob = await self._develop(post, job, "image/jpeg")
        at = instant(developed.to_us + post.ahead_us).isoformat()
        return {"camera": post.name, "at": at, "picture": blob.model_dump(mode="json")}

    async def clip(self, args: dict[str, Any]) -> dict[str, Any]:
        """What a camera saw from one instant to another, as far as its recording reaches."""
        wanted = _read(ClipArgs, args)
        post = self._post(wanted.camera)
        span = {
            "from_us": wall_us(wanted.from_) - post.ahead_us,
            "to_us": wall_us(wanted.to) - post.ahead_us,
        }
        job = _job(post, ".mp4", wanted).model_copy(update=span)
        developed, blob = await self._develop(post, job, "video/mp4")
        begun, ended = (instant(us + post.ahead_us).isoformat() for us in (developed.from_us, developed.to_us))
        told = {"camera": post.name, "from": begun, "to": ended, "frames": developed.frames}
        return {**told, "clip": blob.model_dump(mode="json")}

    def _post(self, name: str) -> CameraPost:
        for post in self._cameras:
            if post.name == name:
                return post
        raise ProblemError("command-invalid", reason=f"args.camera: there is no camera {name} here")

    async def _develop(self, post: CameraPost, job: Job, media_type: str) -> tuple[Developed, BlobRef]:
        """Have it made and queue it for the hub; `job.out` is the ending of its name."""
        # Beside the blobs, since a hard link leads into their folder.
        if not post.recording.is_dir():
            raise ProblemError("recording-empty", camera=post.name)
        with tempfile.TemporaryDirectory(dir=post.recording.parent) as folder:
            out = Path(folder) / f"made{job.out}"
            developed = await develop(job.model_copy(update={"out": str(out)}))
            if not developed.frames:
                raise ProblemError("recording-empty", camera=post.name)
            blob = await asyncio.to_thread(self._keep, out, media_type)
        now = self._around.clock.now()

        def send(txn: Transaction) -> None:
            txn.append_blob(blob, now)

        await self._around.store.commit(send)
        self._around.committed()
        return developed, blob

    def _keep(self, out: Path, media_type: str) -> BlobRef:
        with out.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        blob = BlobRef(sha256=sha256, size=out.stat().st_size, media_type=media_type)
        self._around.store.blobs.keep_file(blob, out)
        return blob


def _job(post: CameraPost, out: str, wanted: SnapshotArgs | ClipArgs) -> Job:
    """Faces are searched for by the model that the camera looks with, if it has one."""
    return Job(
        folder=str(post.recording),
        out=out,
        blur=wanted.blur,
        plates=wanted.plates,
        model=post.model,
        models=post.models,
    )


def _read(shape: type[Args], args: dict[str, Any]) -> Args:
    try:
        return shape.model_validate(args)
    except ValidationError as wrong:
        first = wrong.errors(include_url=False)[0]
        reason = f"args.{'.'.join(map(str, first['loc']))}: {first['msg']}"
        raise ProblemError("command-invalid", reason=reason) from wrong
