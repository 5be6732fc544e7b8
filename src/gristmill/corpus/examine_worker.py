"""The process that examines: a list of documents a line on standard input, their rows of `examined_texts` a line back.

Examination is a pure function of Python that one process cannot spread over cores. Messages are JSON; the first one
carries the policies and the key of the pseudonyms, which must not stand on a command line.
"""

from __future__ import annotations

import json
import os
import sys
from base64 import b64encode
from collections.abc import Mapping
from typing import IO, Any

from gristmill.corpus.examined import examined_rows
from gristmill.corpus.policies import SourcePolicy
from gristmill.processes import end_with_parent

__all__ = ["serve"]


def serve(requests: IO[bytes], replies: IO[bytes]) -> None:
    """Answer requests until the input ends."""
    opening = json.loads(requests.readline())
    policies = {name: SourcePolicy.of_fields(fields) for name, fields in opening["policies"].items()}
    key = bytes.fromhex(opening["key"])
    while line := requests.readline():
        replies.write(json.dumps(_answer(json.loads(line), policies, key)).encode() + b"\n")
        replies.flush()


def _answer(rows: list[dict[str, Any]], policies: Mapping[str, SourcePolicy], key: bytes) -> list[dict[str, Any]]:
    examined = examined_rows(rows, policies, key)
    return [row | {"signature": b64encode(row["signature"]).decode("ascii")} for row in examined]


def main() -> None:
    """Run a worker."""
    end_with_parent()
    # Libraries print; only this descriptor carries replies.
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    serve(sys.stdin.buffer, replies)


if __name__ == "__main__":
    main()
