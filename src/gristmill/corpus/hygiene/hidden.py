"""Text in a file that a reader does not see, and its separation from the parsed text.

The parser (kreuzberg 4.10) drops `display:none` written on the element, but leaks class rules, zero opacity, tiny,
white and off-screen text, meta descriptions and inline HTML of Markdown. What is hidden how in which format is known to
the neighbours `hidden_html`, `hidden_docx` and `hidden_pdf`. Call it where the parser runs: a child process with
limits on time and memory.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace

from gristmill.corpus.hygiene.hidden_docx import hidden_in_docx
from gristmill.corpus.hygiene.hidden_html import hidden_in_html, hidden_in_markdown
from gristmill.corpus.hygiene.hidden_kinds import CONCEALED, Hidden, Reading
from gristmill.corpus.hygiene.hidden_pdf import hidden_in_pdf
from gristmill.corpus.hygiene.phrases import Phrases

__all__ = ["hidden_text"]

_DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_READERS: dict[str, Callable[[bytes], Reading]] = {
    "text/html": hidden_in_html,
    "application/xhtml+xml": hidden_in_html,
    "text/markdown": hidden_in_markdown,
    "application/pdf": hidden_in_pdf,
    _DOCX: hidden_in_docx,
}


def hidden_text(raw: bytes, media_type: str, parsed: str = "") -> list[Hidden]:
    """What a reader of the file does not see, each text once, in document order.

    `parsed` is the parser's output; with it, `visible_in_output` tells whether the text leaked into it: its words stand
    there more often than the file shows them. Other media types give an empty list; a damaged file what could be read.
    """
    reader = _READERS.get(media_type.partition(";")[0].strip().lower())
    if reader is None:
        return []
    reading = reader(raw)
    shown, output = Phrases(reading.visible), Phrases(parsed)
    return [_compared(hidden, shown, output) for hidden in _once(reading.hidden)]


def _once(found: list[Hidden]) -> list[Hidden]:
    counts = Counter((hidden.kind, hidden.text) for hidden in found)
    return [Hidden(kind, text, times=times) for (kind, text), times in counts.items()]


def _compared(hidden: Hidden, shown: Phrases, output: Phrases) -> Hidden:
    if hidden.kind not in CONCEALED:
        # A page has a title on every link: a plain search is a hundred times cheaper, and these texts are not removed.
        return replace(hidden, visible_in_output=bool(hidden.text) and hidden.text in output.text)
    if hidden.text not in output:
        return hidden
    times_shown = shown.count(hidden.text)
    return replace(hidden, visible_in_output=output.count(hidden.text) > times_shown, shown=times_shown)
