# SPDX-License-Identifier: Apache-2.0
"""`edge-agent contract`: the wire for those who build the other side, as documents that their tools read."""

import argparse
import json
import re
import sys
from typing import Any

from edge.contract.asyncapi import asyncapi
from edge.contract.problems import catalogue
from edge.contract.schema import json_schema
from edge.contract.topics import DEFAULT_ROOT, ROOT_PATTERN


def arguments(parser: argparse.ArgumentParser) -> None:
    """What may be said to the verb."""
    which = parser.add_mutually_exclusive_group(required=True)
    which.add_argument("--asyncapi", action="store_true", help="topics, messages and operations as AsyncAPI 3.0")
    which.add_argument("--schema", action="store_true", help="every message as JSON Schema")
    which.add_argument("--problems", action="store_true", help="everything that can go wrong, in every language")
    parser.add_argument("--root", type=_root, default=DEFAULT_ROOT, help="root of the topics (default: %(default)s)")


def run(args: argparse.Namespace) -> int:
    """Print the document as JSON."""
    json.dump(_document(args), sys.stdout, ensure_ascii=not _utf8(), indent=2)
    sys.stdout.write("\n")
    return 0


def _root(text: str) -> str:
    if re.fullmatch(ROOT_PATTERN, text) is None:
        msg = f"{text!r} is no root of topics: levels joined by '/', none of them empty, without the wildcards + and #"
        raise argparse.ArgumentTypeError(msg)
    return text


def _document(args: argparse.Namespace) -> dict[str, Any]:
    if args.asyncapi:
        return asyncapi(args.root)
    if args.schema:
        return json_schema()
    return {
        code: {language.value: words.model_dump() for language, words in entry.items()}
        for code, entry in catalogue().items()
    }


def _utf8() -> bool:
    return (sys.stdout.encoding or "").lower().replace("-", "") == "utf8"
