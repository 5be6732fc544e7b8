"""The process that examines: a list of documents a line on standard input, their rows of `examined_texts` a line back.

Examination is a pure function of Python that one process cannot spread over cores. Messages are JSON; the first one
carries the policies and the key of the pseudonyms, which must not stand on a command line.
"""

from __future__ import annotations

import gc
import json
import os
import sys
from base64 import b64encode
from collections.abc import Mapping
from typing import IO, Any

from gristmill.corpus.examined import examined_rows
from gristmill.corpus.judging import ParsedDocument, examine_all
from gristmill.corpus.policies import SourcePolicy
from gristmill.processes import end_with_parent

__all__ = ["READY", "serve"]

READY = b"ready\n"
_GARBAGE_EVERY = 50_000
_FIRST = ParsedDocument("# First\n\nNobody reads this.\n", "First", "en")


def serve(requests: IO[bytes], replies: IO[bytes]) -> None:
    """Answer requests until the input ends."""
    opening = json.loads(requests.readline())
    policies = {name: SourcePolicy.of_fields(fields) for name, fields in opening["policies"].items()}
    key = bytes.fromhex(opening["key"])
    # Everything is loaded before the first document, whose time is limited.
    examine_all([(_FIRST, policy) for policy in policies.values()], key)
    # What is loaded stays: looking for garbage in it, time and again, costs a tenth of the work.
    gc.collect()
    gc.freeze()
    gc.set_threshold(_GARBAGE_EVERY)
    replies.write(READY)
    replies.flush()
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
