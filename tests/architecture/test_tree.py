# SPDX-License-Identifier: Apache-2.0
"""The tree keeps its shape: where files may stand, what they may be called, how long they may grow."""

import re
from pathlib import Path

from tests.architecture.tree import SHIPPED, files, python_files, text

FOLDERS = {
    *SHIPPED,
    "tests",
    "benchmarks",
    "docs",
    "requirements",  # the pins: one file for each shape of an installation
    ".ci",  # what the continuous integration calls
}
ROOT_FILES = {
    ".gitattributes",
    ".gitignore",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "LICENSE",
    "Makefile",
    "README.md",
    "README.zh-CN.md",
    "SECURITY.md",
    "pyproject.toml",
}
SAY_NOTHING = {"utils", "util", "helpers", "helper", "common", "manager", "managers", "base", "misc"}
LONGEST_FILE = 400
LONG_FILES: dict[str, str] = {}
"""Files that may be longer, each with the reason."""

SPDX = "# SPDX-License-Identifier: Apache-2.0"
# Written in halves, so that this file does not find itself.
REGISTRIES = tuple(
    first + second
    for first, second in (
        ("pypi", ".org"),
        ("python", "hosted.org"),
        ("npm", "js.org"),
        ("npm", "js.com"),
        ("yarnpkg", ".com"),
        ("deb.debian", ".org"),
        ("security.debian", ".org"),
        ("mirrors", "."),
        ("file:///opt/", "py"),
    )
)


def test_top_level_is_fixed() -> None:
    """Nothing new appears at the top: a folder there is a promise, and the list of promises is short."""
    assert {path.parts[0] for path in files() if len(path.parts) > 1} <= FOLDERS
    assert {path.name for path in files() if len(path.parts) == 1} <= ROOT_FILES


def test_names_say_what_is_inside() -> None:
    """No file or folder is called utils, helpers, common, manager or base, where everything would gather."""
    assert [path for path in files() if SAY_NOTHING & {Path(part).stem for part in path.parts}] == []


def test_files_stay_readable_in_one_sitting() -> None:
    """No source file is longer than 400 lines, and every exception is still needed."""
    sources = [path for path in files() if path.suffix in {".py", ".js", ".html", ".css", ".qml"}]
    too_long = {str(path) for path in sources if len(text(path).splitlines()) > LONGEST_FILE}
    assert too_long == set(LONG_FILES)


def test_package_faces_are_empty() -> None:
    """Every `__init__.py` is empty, so that importing the contract costs only the contract."""
    assert [path for path in python_files() if path.name == "__init__.py" and text(path)] == []


def test_packages_are_packages() -> None:
    """Every folder with Python in it has its `__init__.py`; without one, tools quietly pass it by."""
    folders = {path.parent for path in python_files()}
    assert sorted(str(folder) for folder in folders if folder / "__init__.py" not in files()) == []


def test_each_file_says_its_licence() -> None:
    """The first line of each Python file is its licence in the form that machines read."""
    assert [path for path in python_files() if text(path) and text(path).splitlines()[0] != SPDX] == []


def test_no_file_names_a_registry() -> None:
    """No file names the address of a package registry or a mirror: where packages come from is the machine's affair."""
    pattern = re.compile("|".join(map(re.escape, REGISTRIES)))
    assert [(path, found[0]) for path in files() if (found := pattern.search(text(path)))] == []
