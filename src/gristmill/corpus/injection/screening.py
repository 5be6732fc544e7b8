"""Screening a document: every layer over every section, then one verdict.

Only putting the layers together. The layers are `rules`, `encodings`, `smuggling` and `classifier`; the policy is in
`findings`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from gristmill.corpus.injection.classifier import Classifier, Suspicion, shipped_classifier
from gristmill.corpus.injection.encodings import MAX_ENCODED_CHARACTERS, Decoded, decoded_runs, disguised
from gristmill.corpus.injection.findings import CLASSIFIER_KIND, Finding, Screening, conclude
from gristmill.corpus.injection.folding import Folded, fold
from gristmill.corpus.injection.mentions import Fences, discusses_injection, is_quoted
from gristmill.corpus.injection.phrases import RULES
from gristmill.corpus.injection.rules import Match, matches
from gristmill.corpus.injection.sections import OVERLAP_CHARACTERS, Section, SectionFinder, split_sections
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
    groups = [
        *_Screener(classifier, text, is_hidden=False).sections((Section(0, len(text)),)),
        *_Screener(classifier, "\n".join(hidden), is_hidden=True).sections(_pieces(hidden)),
    ]
    return conclude(groups)


def _pieces(texts: Sequence[str]) -> Iterator[Section]:
    """Where each text stands when they are joined by line ends."""
    start = 0
    for text in texts:
        yield Section(start, start + len(text))
        start += len(text) + 1


class _Place(NamedTuple):
    """A section and the end of the piece it belongs to: nothing is read across."""

    section: Section
    limit: int


@dataclass(frozen=True)
class _Screener:
    """One text and how to look at it."""

    classifier: Classifier | None
    text: str
    is_hidden: bool

    def sections(self, pieces: Iterable[Section]) -> Iterator[list[Finding]]:
        """Findings of every section of these pieces of the text that has any."""
        places: list[_Place] = []
        apart: list[Finding] = []
        for piece in pieces:
            part = self.text[piece.start : piece.end]
            sections = (Section(start + piece.start, end + piece.start) for start, end in split_sections(part))
            places += (_Place(section, piece.end) for section in sections)
            apart += self._apart(part, piece.start)
        yield from self._found(places, apart)

    def _found(self, places: Sequence[_Place], apart: Iterable[Finding]) -> Iterator[list[Finding]]:
        spans = [place.section for place in places]
        finder = SectionFinder(spans)
        more: dict[int, list[Finding]] = {}
        for finding in apart:
            more.setdefault(finder.index(finding.start), []).append(finding)
        fences = Fences(self.text)
        remaining = _MAX_FINDINGS
        for number, suspect in enumerate(suspects(self.text, spans, self.classifier, is_hidden=self.is_hidden)):
            if not suspect.is_any and number not in more:
                continue
            found = self._section(suspect, places[number].limit, fences, more.get(number, []))[: max(remaining, 1)]
            remaining -= len(found)
            if found:
                yield found

    def _section(self, suspect: Suspect, limit: int, fences: Fences, apart: list[Finding]) -> list[Finding]:
        span = suspect.span
        folded = fold(self.text[span.start : min(span.end + OVERLAP_CHARACTERS, limit)])
        own = fold(self.text[span.start : span.end])
        found = [
            self._matched(match, folded, span, fences)
            for match in _strongest(matches(folded.text, suspect.rules), len(own.text))
        ]
        for segment in disguised(own.text, suspect.disguises):
            found.extend(self._spoken(segment, *_spread(own, span, segment), depth=1))
        if suspect.suspicion is not None:
            found.append(self._classified(suspect.suspicion, own, span, found))
        found.extend(apart)
        if not self.is_hidden and found and discusses_injection(folded.text):
            return [_mention(finding) for finding in found]
        return found

    def _matched(self, match: Match, folded: Folded, span: Section, fences: Fences) -> Finding:
        start, end = (at + span.start for at in folded.span(match.start, match.end))
        broken = splits_words(self.text[start:end])
        finding = self._finding(match, start, end, concealed=self.is_hidden or broken)
        if self.is_hidden or broken:
            return finding
        quoted = is_quoted(folded.text, match.start) or fences.hold(start)
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

    def _classified(self, suspicion: Suspicion, own: Folded, span: Section, found: Iterable[Finding]) -> Finding:
        start, end = (at + span.start for at in own.span(suspicion.start, suspicion.end))
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

    def _apart(self, part: str, offset: int) -> Iterator[Finding]:
        """Findings in what is encoded or invisible in a piece of the text that begins at an offset."""
        for segment in decoded_runs(part):
            yield from self._spoken(segment, segment.start + offset, segment.end + offset, depth=1)
        for run in smuggled(part):
            start, end = run.start + offset, run.end + offset
            yield self._invisible(run, start, end)
            yield from self._spoken(Decoded(start, end, run.means, run.text), start, end, depth=1)

    def _spoken(self, segment: Decoded, start: int, end: int, *, depth: int) -> Iterator[Finding]:
        """What a decoded text says, by the rules."""
        folded = fold(segment.text[:MAX_ENCODED_CHARACTERS])
        for match in _strongest(matches(folded.text, RULES), len(folded.text)):
            finding = self._finding(match, start, end, concealed=True, means=segment.encoding)
            yield replace(finding, excerpt=_excerpt(folded.text[match.start : match.end]))
        if depth < _MAX_DEPTH:
            for inner in decoded_runs(segment.text):
                yield from self._spoken(inner, start, end, depth=depth + 1)

    def _invisible(self, run: Smuggled, start: int, end: int) -> Finding:
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


def _spread(own: Folded, span: Section, segment: Decoded) -> tuple[int, int]:
    start, end = own.span(segment.start, max(segment.end, segment.start + 1))
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
