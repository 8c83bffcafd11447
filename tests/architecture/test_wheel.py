# SPDX-License-Identifier: Apache-2.0
"""What a device receives: the five packages with their data, and nothing that belongs to the workshop."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.architecture.tree import ROOT, SHIPPED, files

WORKSHOP = "models/training"


@pytest.fixture(scope="module")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """The names in a wheel built just now, without its own metadata."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)]
    built = subprocess.run(build, cwd=ROOT, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stdout + built.stderr
    (wheel,) = folder.glob("*.whl")
    return {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}


def test_wheel_holds_every_file_of_its_packages(shipped: set[str]) -> None:
    """Data files travel with the code that reads them: tables, SQL, pages, pictures, manifests."""
    ours = [path for path in files() if path.parts[0] in SHIPPED and not path.is_relative_to(WORKSHOP)]
    assert {str(path) for path in ours} <= shipped


def test_wheel_holds_nothing_of_the_workshop(shipped: set[str]) -> None:
    """Tests, benchmarks and training stay at home."""
    assert {Path(name).parts[0] for name in shipped} == set(SHIPPED)
    assert [name for name in shipped if Path(name).is_relative_to(WORKSHOP)] == []
