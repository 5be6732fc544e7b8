"""What the documents and a replay say of one piece of feedback, before anybody's voice is counted.

The question is asked again, as far as evidence goes: no model words anything. What follows from it says what was the
matter with the answer, and whether the documents carry a correction. It depends on nothing but the piece, its author's
groups and the release in force, so it is kept until one of these changes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from gristmill.answering.draft import Draft, Tools
from gristmill.answering.finding import choose, find, normalise, screen, weigh
from gristmill.answering.wording import citation_of
from gristmill.errors import GristmillError
from gristmill.evaluation.metrics import Span, meets
from gristmill.evaluation.questions import Evidence
from gristmill.fingerprint import fingerprint
from gristmill.identity import Asker, may_see
from gristmill.learning.court.pieces import Piece
from gristmill.learning.court.support import Supported, supported
from gristmill.learning.court.verdicts import Cause
from gristmill.learning.feedback import Rating, Reason
from gristmill.search.version import IndexVersion

_CODE_VERSION = 1
_STEPS = (normalise, screen, find, weigh, choose)
_REPLAYS = 4_096


@dataclass(frozen=True)
class Finding:
    """What is known of a piece without anybody's opinion."""

    cause: Cause
    reason: str
    answer: str  # what it claims to be right; empty when it claims that there is no answer
    short: bool  # `answer` is in its author's own words
    evidence: tuple[Evidence, ...]
    claims: bool  # it says what would be right, and the documents do not speak against it
    refuted: bool  # it says something that no document carries, though the question is answered by one
    judged_on: str


@dataclass(frozen=True)
class Replayed:
    """What is found for a question now."""

    refused: bool
    passages: tuple[Span, ...]
    chosen: tuple[Span, ...]


class Examiner:
    """Examines pieces against one release."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools
        self._places = Places(tools.index)
        self._replayed = lru_cache(_REPLAYS)(self._replay)
        self._supported = lru_cache(_REPLAYS)(self._support)
        self._against = [tools.index.manifest.content, tools.settings_hash]

    def key(self, piece: Piece) -> str:
        """Return the fingerprint of all that a finding depends on."""
        return fingerprint("finding", _CODE_VERSION, self._against, piece.feedback, list(piece.author.groups))

    def examine(self, piece: Piece) -> Finding:
        """Return what is known of a piece."""
        try:
            if piece.correction:
                return self._correction(piece)
            return self._praise(piece) if piece.rating is Rating.UP else self._blame(piece)
        except GristmillError as error:
            return self._finding(piece, Cause.UNCLEAR, error.message)

    def _correction(self, piece: Piece) -> Finding:
        there = self._supported(piece.question, piece.correction, piece.author.groups)
        if there is None:
            return self._unsupported(piece)
        if there.superseded:
            return self._finding(piece, Cause.OUTDATED, "Only an outdated version of a document says so.")
        cause, reason = self._what_failed(piece, there)
        return self._finding(
            piece, cause, reason, answer=piece.correction, short=True, evidence=(there.evidence,), claims=True
        )

    def _unsupported(self, piece: Piece) -> Finding:
        if not piece.chunks <= self._tools.index.row_of.keys():
            reason = "No document says so any more; those of the answer have changed since."
            return self._finding(piece, Cause.EXPIRED, reason)
        if self._replayed(piece.question, piece.author.groups).refused:
            reason = "No document that its author may see says so, and none answers the question."
            return self._finding(piece, Cause.MISSING, reason)
        reason = "No document that its author may see says so."
        return self._finding(piece, Cause.UNSUPPORTED, reason, refuted=True)

    def _what_failed(self, piece: Piece, there: Supported) -> tuple[Cause, str]:
        place, where = _span(there.evidence), there.evidence.document
        if any(meets(_span(cited), place) for cited in piece.cited):
            return Cause.WORDING, f"The answer cites the right place in {where}, and says it otherwise."
        if self._gone(piece.cited):
            return Cause.OUTDATED, f"What the answer cites has changed since; {where} says it now."
        found = there.chunk in piece.chunks or any(
            meets(place, passage) for passage in self._replayed(piece.question, piece.author.groups).passages
        )
        if not found:
            return Cause.RETRIEVAL, f"The passages did not hold what {where} says."
        if piece.refused:
            return Cause.REFUSAL, f"{where} was found, and the answer was refused."
        return Cause.CHUNK, f"{where} was found, and something else was quoted."

    def _praise(self, piece: Piece) -> Finding:
        if piece.refused:
            return self._finding(piece, Cause.RIGHT, "It was right to refuse.", claims=True)
        if not piece.cited or self._gone(piece.cited):
            return self._finding(piece, Cause.EXPIRED, "What the answer cites has changed since.")
        if not all(self._seen(cited, piece.author.groups) for cited in piece.cited):
            return self._finding(piece, Cause.EXPIRED, "Its author may not see any more what the answer cites.")
        return self._finding(
            piece, Cause.RIGHT, "The answer stands on what it cites.", answer=piece.answer,
            evidence=piece.cited, claims=True,
        )  # fmt: skip

    def _blame(self, piece: Piece) -> Finding:
        now = self._replayed(piece.question, piece.author.groups)
        if piece.cited and self._gone(piece.cited):
            return self._finding(piece, Cause.OUTDATED, "What the answer cites has changed since.")
        if piece.refused and now.refused:
            return self._finding(piece, Cause.MISSING, "No document that its author may see answers the question.")
        if piece.refused:
            return self._finding(piece, Cause.REFUSAL, "It was refused then, and is answered now.")
        if piece.reason is Reason.OUTDATED and self._superseded(piece.cited):
            return self._finding(piece, Cause.OUTDATED, "The answer cites an outdated version of a document.")
        return self._finding(piece, Cause.UNCLEAR, "Nobody has said yet what would be right.")

    def _finding(
        self,
        piece: Piece,
        cause: Cause,
        reason: str,
        *,
        answer: str = "",
        short: bool = False,
        evidence: tuple[Evidence, ...] = (),
        claims: bool = False,
        refuted: bool = False,
    ) -> Finding:
        return Finding(cause, reason, answer, short, evidence, claims, refuted, self.key(piece))

    def _replay(self, question: str, groups: tuple[str, ...]) -> Replayed:
        draft = Draft(question, Asker(groups, "court"))
        for step in _STEPS:
            draft = step(draft, self._tools)
        quotes = [citation_of(evidence, draft.passages) for evidence in draft.chosen]
        return Replayed(
            draft.refused,
            tuple(Span(p.document, p.start, p.end) for p in draft.passages),
            tuple(Span(c.document, c.start, c.end) for c in quotes),
        )

    def _support(self, question: str, correction: str, groups: tuple[str, ...]) -> Supported | None:
        return supported(question, correction, Asker(groups, "court"), self._tools)

    def _gone(self, cited: Sequence[Evidence]) -> bool:
        return any(not self._rows_of(each) for each in cited)

    def _seen(self, cited: Evidence, groups: Sequence[str]) -> bool:
        audience = self._tools.index.rows["audience"]
        return any(may_see(audience[row], groups) for row in self._rows_of(cited))

    def _superseded(self, cited: Sequence[Evidence]) -> bool:
        return any(self._tools.index.superseded[row] for each in cited for row in self._rows_of(each))

    def _rows_of(self, cited: Evidence) -> list[int]:
        return self._places.rows_of(cited)


class Places:
    """Where the chunks of an index stand in their documents."""

    def __init__(self, index: IndexVersion) -> None:
        self._rows: dict[str, list[tuple[int, int, int, str]]] = defaultdict(list)
        columns = index.rows.select("document", "start", "end", "text").iter_rows()
        for row, (document, start, end, text) in enumerate(columns):
            self._rows[document].append((row, start, end, text))

    def rows_of(self, cited: Evidence) -> list[int]:
        """Return the rows that hold a quote, at its very place and with its very words; none when it changed."""
        held = [each for each in self._rows.get(cited.document, ()) if each[1] < cited.end and cited.start < each[2]]
        said = " ".join(cited.quote.split())
        joined = " ".join(" ".join(text for *_, text in sorted(held, key=lambda each: each[1])).split())
        return [row for row, *_ in held] if said and said in joined else []


def _span(evidence: Evidence) -> Span:
    return Span(evidence.document, evidence.start, evidence.end)
