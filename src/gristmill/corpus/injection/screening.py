"""Screening documents: every layer over every section, then one verdict a document.

Several are joined and looked at together, because most of the cost of a short one is that of calling. Only putting the
layers together. The layers are `rules`, `encodings`, `smuggling` and `classifier`; the policy is in
`findings`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from gristmill.corpus.injection.classifier import Classifier, Suspicion, shipped_classifier
from gristmill.corpus.injection.encodings import MAX_ENCODED_CHARACTERS, Decoded, decoded_runs, disguised
from gristmill.corpus.injection.findings import CLASSIFIER_KIND, Finding, Screening, conclude
from gristmill.corpus.injection.folding import Folded, fold
from gristmill.corpus.injection.mentions import Fences, discusses_injection, is_quoted
from gristmill.corpus.injection.phrases import RULES
from gristmill.corpus.injection.rules import Match, matches, needed
from gristmill.corpus.injection.sections import Piece, Section, SectionFinder, places_of
from gristmill.corpus.injection.smuggling import Smuggled, smuggled, splits_words
from gristmill.corpus.injection.suspects import Suspect, suspects

# A section with more matches than this is not judged better by more of them.
_MAX_MATCHES = 50
_MAX_FINDINGS = 500
_EXCERPT_CHARACTERS = 160
_MENTION_SHARE = 0.6
_INVISIBLE_SCORE = 0.55
# Payloads are wrapped twice to get past one decoding; nobody reads a third.
_MAX_DEPTH = 2
# Between texts that are screened together: the character in the middle is part of no word, run or sentence.
_BETWEEN = "\n\0\n"


def screen(text: str, hidden: Sequence[str] = ()) -> Screening:
    """Screen a document for instructions aimed at a model.

    One layer of several and never the only defence: it sees known phrases and their relatives, not an order phrased
    like the rest of the document. What protects answers is that they have no tools, keep to the asker's groups and
    are cleaned by code.

    Args:
        text: the visible text, Markdown.
        hidden: texts of the document a reader does not see: comments, invisible elements, metadata.

    Returns:
        Findings, the score of the worst section (0 to 1) and the verdict.
    """
    return screen_with(shipped_classifier(), text, hidden)


def screen_with(classifier: Classifier | None, text: str, hidden: Sequence[str] = ()) -> Screening:
    """`screen` with another classifier, or with none."""
    return screen_all_with(classifier, [(text, hidden)])[0]


def screen_all(documents: Sequence[tuple[str, Sequence[str]]]) -> list[Screening]:
    """`screen` for several documents, each its visible text and its hidden ones: the same, at half the cost."""
    return screen_all_with(shipped_classifier(), documents)


def screen_all_with(classifier: Classifier | None, documents: Sequence[tuple[str, Sequence[str]]]) -> list[Screening]:
    """`screen_all` with another classifier, or with none."""
    text, pieces = _joined(documents)
    groups: list[list[list[Finding]]] = [[] for _ in documents]
    remaining = dict.fromkeys(((piece.document, piece.is_hidden) for piece in pieces), _MAX_FINDINGS)
    for piece, found in _sections(text, pieces, classifier):
        key = piece.document, piece.is_hidden
        kept = found[: max(remaining[key], 1)]
        remaining[key] -= len(kept)
        groups[piece.document].append(
            [replace(one, start=one.start + piece.shift, end=one.end + piece.shift) for one in kept]
        )
    return [conclude(sections) for sections in groups]


def _joined(documents: Sequence[tuple[str, Sequence[str]]]) -> tuple[str, list[Piece]]:
    """All texts of some documents as one, and where each stands in it."""
    texts: list[str] = []
    pieces: list[Piece] = []
    start = 0
    for number, (visible, hidden) in enumerate(documents):
        own = 0
        for is_hidden, text in ((False, visible), *((True, piece) for piece in hidden)):
            pieces.append(Piece(start, start + len(text), is_hidden, number, own - start))
            texts.append(text)
            start += len(text) + len(_BETWEEN)
            own = own + len(text) + 1 if is_hidden else 0
    return _BETWEEN.join(texts), pieces


def _sections(
    text: str, pieces: Sequence[Piece], classifier: Classifier | None
) -> Iterator[tuple[Piece, list[Finding]]]:
    """Findings of every section that has any, each with its piece."""
    places = list(places_of(text, pieces))
    finder = SectionFinder(place.span for place in places)
    more: dict[int, list[Finding]] = {}
    for finding in _apart(text, pieces):
        more.setdefault(finder.index(finding.start), []).append(finding)
    screeners: dict[Piece, _Screener] = {}
    for number, suspect in enumerate(suspects(text, places, classifier)):
        if not suspect.is_any and number not in more:
            continue
        piece = suspect.place.piece
        if piece not in screeners:
            screeners[piece] = _Screener(text, piece)
        if found := screeners[piece].section(suspect, more.get(number, [])):
            yield piece, found


def _apart(text: str, pieces: Sequence[Piece]) -> Iterator[Finding]:
    """Findings in what is encoded or invisible in some pieces of a text."""
    finder = SectionFinder(pieces)
    for segment in decoded_runs(text, [(piece.start, piece.end) for piece in pieces]):
        screener = _Screener(text, pieces[finder.index(segment.start)])
        yield from screener.spoken(segment, segment.start, segment.end, depth=1)
    for run in smuggled(text):
        screener = _Screener(text, pieces[finder.index(run.start)])
        yield screener.invisible(run)
        yield from screener.spoken(Decoded(run.start, run.end, run.means, run.text), run.start, run.end, depth=1)


@dataclass(frozen=True)
class _Screener:
    """One piece of a text, and what is found in it."""

    text: str
    piece: Piece

    @property
    def is_hidden(self) -> bool:
        return self.piece.is_hidden

    @cached_property
    def _fences(self) -> Fences:
        return Fences(self.text[self.piece.start : self.piece.end])

    def section(self, suspect: Suspect, apart: list[Finding]) -> list[Finding]:
        """What a section holds of what it is suspected of, with what was found apart."""
        span, own = suspect.place.span, suspect.folded[: suspect.own]
        matched = _strongest(matches(suspect.folded, suspect.rules), suspect.own)
        spoken = list(disguised(own, suspect.disguises)) if any(suspect.disguises) else []
        if not (matched or spoken or apart or suspect.suspicion):
            return []
        folded = fold(self.text[span.start : suspect.place.reach])
        found = [self._matched(match, folded, span) for match in matched]
        for segment in spoken:
            found.extend(self.spoken(segment, *_spread(folded, span, segment), depth=1))
        if suspect.suspicion is not None:
            found.append(self._classified(suspect.suspicion, folded, span, found))
        found.extend(apart)
        if not self.is_hidden and found and discusses_injection(folded.text):
            return [_mention(finding) for finding in found]
        return found

    def _matched(self, match: Match, folded: Folded, span: Section) -> Finding:
        start, end = (at + span.start for at in folded.span(match.start, match.end))
        broken = splits_words(self.text[start:end])
        finding = self._finding(match, start, end, concealed=self.is_hidden or broken)
        if self.is_hidden or broken:
            return finding
        quoted = is_quoted(folded.text, match.start) or self._fences.hold(start - self.piece.start)
        return _mention(finding) if quoted else finding

    def _finding(self, match: Match, start: int, end: int, *, concealed: bool, means: str = "") -> Finding:
        rule = match.rule
        return Finding(
            rule=f"{means}: {rule.name}" if means else rule.name,
            start=start,
            end=end,
            hidden=self.is_hidden,
            score=_concealed(rule.score) if concealed else rule.score,
            excerpt=_excerpt(self.text[start:end] if not means else ""),
            explanation=f"{_where(self.is_hidden, means)} {rule.explanation}",
            kind=rule.kind,
        )

    def _classified(self, suspicion: Suspicion, folded: Folded, span: Section, found: Iterable[Finding]) -> Finding:
        start, end = (at + span.start for at in folded.span(suspicion.start, suspicion.end))
        return Finding(
            rule="classifier",
            start=start,
            end=end,
            hidden=self.is_hidden,
            score=suspicion.score,
            excerpt=_excerpt(self.text[start:end]),
            explanation=f"{_where(self.is_hidden)} reads like known attacks on assistants, going by its wording.",
            kind=CLASSIFIER_KIND,
            mentioned=any(other.mentioned and other.start < end and start < other.end for other in found),
        )

    def spoken(self, segment: Decoded, start: int, end: int, *, depth: int) -> Iterator[Finding]:
        """What a decoded text says, by the rules."""
        folded = fold(segment.text[:MAX_ENCODED_CHARACTERS])
        for match in _strongest(matches(folded.text, needed(folded.text, RULES)), len(folded.text)):
            finding = self._finding(match, start, end, concealed=True, means=segment.encoding)
            yield replace(finding, excerpt=_excerpt(folded.text[match.start : match.end]))
        if depth < _MAX_DEPTH:
            for inner in decoded_runs(segment.text):
                yield from self.spoken(inner, start, end, depth=depth + 1)

    def invisible(self, run: Smuggled) -> Finding:
        """The finding that characters nobody sees stand here."""
        start, end = run.start, run.end
        return Finding(
            rule="invisible-characters",
            start=start,
            end=end,
            hidden=self.is_hidden,
            score=_INVISIBLE_SCORE,
            excerpt=_excerpt(run.text or self.text[start:end]),
            explanation=f"This place holds {run.means} that nobody sees and a model reads as text.",
            kind="invisible",
        )


def _spread(folded: Folded, span: Section, segment: Decoded) -> tuple[int, int]:
    start, end = folded.span(segment.start, max(segment.end, segment.start + 1))
    return start + span.start, min(end + span.start, span.end)


def _strongest(found: Iterable[Match], limit: int) -> list[Match]:
    """Matches that begin before a limit, without those inside a stronger one of the same kind."""
    kept: list[Match] = []
    for match in sorted(found, key=lambda match: -match.rule.score):
        if match.start >= limit or len(kept) >= _MAX_MATCHES:
            continue
        if not any(_covers(other, match) for other in kept):
            kept.append(match)
    return kept


def _covers(other: Match, match: Match) -> bool:
    return other.rule.kind == match.rule.kind and other.start < match.end and match.start < other.end


def _concealed(score: float) -> float:
    """An order where no reader sees it weighs as much as three independent ones in plain sight."""
    return 1.0 - (1.0 - score) ** 3


def _mention(finding: Finding) -> Finding:
    if finding.mentioned:
        return finding
    return replace(finding, score=finding.score * _MENTION_SHARE, mentioned=True)


def _where(is_hidden: bool, means: str = "") -> str:
    if means:
        return f"This passage, read as {means},"
    return "This text, which a reader of the document does not see," if is_hidden else "This passage"


def _excerpt(passage: str) -> str:
    shown = passage[:_EXCERPT_CHARACTERS]
    visible = "".join(
        character if character.isprintable() or character.isspace() else f"\\u{{{ord(character):x}}}"
        for character in shown
    )
    return visible + ("…" if len(passage) > _EXCERPT_CHARACTERS else "")
