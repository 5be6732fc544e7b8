"""Pairs that people made: questions with the passage that answers them, from a file of JSON lines.

What feedback teaches comes in here, once it was judged; ratings themselves never do.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from gristmill.errors import SettingsError
from gristmill.learning.encoder_tuning.pairs import Kind, Pair
from gristmill.learning.encoder_tuning.texts import TuningText


def read_examples(file: Path, texts: Sequence[TuningText]) -> list[Pair]:
    """Return the pairs of a file whose lines hold `question` and `text`, a verbatim part of a passage.

    Lines whose text is in no passage any more are left out: their document changed.

    Raises:
        SettingsError: the file cannot be read or a line is not in that form.
    """
    try:
        lines = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
        asked = [(str(line["question"]), str(line["text"]).strip()) for line in lines]
    except (OSError, ValueError, KeyError, TypeError) as error:
        remedy = 'Each line is like {"question": "...", "text": "a verbatim part of a document"}.'
        raise SettingsError(f"{file} cannot be read: {error!r}.", remedy) from error
    found = ((question, _holding(text, texts)) for question, text in asked)
    return [Pair(question, number, Kind.EXAMPLE) for question, number in found if number is not None]


def _holding(text: str, texts: Sequence[TuningText]) -> int | None:
    return next((number for number, passage in enumerate(texts) if text and text in passage.text), None)
