# SPDX-License-Identifier: Apache-2.0
"""`provision demo`: a car parks where it must not, the link is cut, and the case still arrives, once and whole."""

import threading
from datetime import datetime
from pathlib import Path

from edge.contract.problems import Language, ProblemError
from provisioning.bench.detector_choice import find_detector
from provisioning.bench.device_file import KERB, STREET, WHOLE_FRAME, DemoDevice
from provisioning.bench.story import Story
from provisioning.bench.summary import Summary
from provisioning.bench.world import World
from provisioning.commands.bench import workplace
from provisioning.console import Terminal
from provisioning.evidence.on_page import evidence_on


def demo(  # noqa: PLR0913  each is one thing a person may choose
    *,
    video: Path | None = None,
    camera: str | None = None,
    model: str | None = None,
    seconds: float = 60.0,
    json: bool = False,
    page: bool = False,
    folder: Path | None = None,
    keep: bool = False,
) -> int:
    """Play the whole path on this machine: a camera, the agent, a link that is cut, and the hub."""
    terminal = Terminal()
    device = _device(video, camera, model, terminal.language)
    staged = video is None and camera is None
    # A run of its own each time: an earlier run's case must not be taken for this one's.
    own = folder / f"{datetime.now().astimezone():%Y%m%d-%H%M%S}" if folder else None
    with workplace(own, keep=keep) as place, World(place, terminal.language) as world:
        evidence_on(world.page)
        terminal.say("demo.begins", page=world.page.address)
        if own or keep:
            terminal.say("demo.folder", folder=place)
        story = Story(world, device, terminal)
        summary = story.street() if staged else story.clip(seconds if camera else None)
        passed = summary.passed(pictures_due=staged)
        _report(terminal, summary, passed=passed, as_json=json)
        if page:
            terminal.say("demo.page-stays", page=world.page.address)
            threading.Event().wait()
    return 0 if passed else 1


def _device(video: Path | None, camera: str | None, model: str | None, language: Language) -> DemoDevice:
    if video is not None and not video.exists():
        raise ProblemError("demo-video-missing", path=str(video))
    staged = video is None and camera is None
    return DemoDevice(
        source=STREET if staged else str(video.absolute()) if video else camera or "",
        zone=KERB if staged else WHOLE_FRAME,
        model=find_detector(model),
        language=language,
    )


def _report(terminal: Terminal, summary: Summary, *, passed: bool, as_json: bool) -> None:
    terminal.say("demo.passed" if passed else "demo.failed")
    if as_json:
        terminal.data(summary.as_json())
        return
    rows = [(terminal.words(f"demo.figure-{name.replace('_', '-')}"), value) for name, value in summary.figures()]
    terminal.figures(rows, good=passed)
