"""A draft of the title of a document that should be written, from a question that it would answer."""

from __future__ import annotations

import re

_ASKING = re.compile(
    r"^(?:(?:hi|hello|hey|please|quick one|can you tell me|could you tell me|tell me|i (?:need|want) to know)\b"
    r"[,:!]?\s*)*"
    r"(?:(?:how (?:do|can|should|does|much|many|long|often)|what(?:'s| is| are| does| do)?|"
    r"where(?:'s| is| are| do| can)?|"
    r"when(?:'s| is| are| do| does)?|who(?:'s| is| are| do)?|which|why(?: is| are| do| does)?|is there|are there|"
    r"can|may|does|do|should|must|is|are)\b\s*)?(?:(?:i|we|you|one)\b\s*)?(?:(?:the|a|an|my|our)\b\s*)?",
    re.IGNORECASE,
)
_LONGEST = 70


def draft_title(question: str) -> str:
    """Return a question's subject as a title; the question itself where nothing would be left."""
    folded = " ".join(question.split()).rstrip(" ?!.")
    subject = _ASKING.sub("", folded) or folded
    cut = subject if len(subject) <= _LONGEST else subject[:_LONGEST].rsplit(" ", 1)[0] + " …"
    return cut[:1].upper() + cut[1:]
