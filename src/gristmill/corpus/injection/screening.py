"""Screening a document: every layer over every section, then one verdict.

Only putting the layers together. The layers are `rules`, `encodings`, `smuggling` and `classifier`; the policy is in
`findings`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from gristmill.corpus.injection.classifier import Classifier, shipped_classifier
from gristmill.corpus.injection.encodings import MAX_ENCODED_CHARACTERS, Decoded, decoded_runs, disguised
from gristmill.corpus.injection.findings import CLASSIFIER_KIND, Finding, Screening, conclude
from gristmill.corpus.injection.folding import Folded, fold
from gristmill.corpus.injection.mentions import Fences, discusses_injection, is_quoted
from gristmill.corpus.injection.phrases import RULES, VISIBLE_RULES
from gristmill.corpus.injection.rules import Match, matches
from gristmill.corpus.injection.sections import OVERLAP_CHARACTERS, Section, SectionFinder, split_sections
from gristmill.corpus.injection.smuggling import Smuggled, smuggled, splits_words

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
    groups = list(_Screener(classifier, text, is_hidden=False).sections())
    offset = 0
    for piece in hidden:
        found = _Screener(classifier, piece, is_hidden=True).sections()
        groups += [_moved(group, offset) for group in found]
        offset += len(piece) + 1
    return conclude(groups)


def _moved(findings: Sequence[Finding], offset: int) -> list[Finding]:
    return [replace(finding, start=finding.start + offset, end=finding.end + offset) for finding in findings]


@dataclass(frozen=True)
class _Screener:
    """One text and how to look at it."""

    classifier: Classifier | None
    text: str
    is_hidden: bool

    def sections(self) -> Iterator[list[Finding]]:
        """Findings of every section that has any."""
        spans = list(split_sections(self.text))
        finder = SectionFinder(spans)
        apart: dict[int, list[Finding]] = {}
        for finding in self._apart():
            apart.setdefault(finder.index(finding.start), []).append(finding)
        fences = Fences(self.text)
        remaining = _MAX_FINDINGS
        for number, span in enumerate(spans):
            found = self._section(span, fences, apart.get(number, []))[: max(remaining, 1)]
            remaining -= len(found)
            if found:
                yield found

    def _section(self, span: Section, fences: Fences, apart: list[Finding]) -> list[Finding]:
        folded = fold(self.text[span.start : min(span.end + OVERLAP_CHARACTERS, len(self.text))])
        own = fold(self.text[span.start : span.end]) if folded.ends else Folded(folded.text[: span.end - span.start])
        found = [
            self._matched(match, folded, span, fences)
            for match in _strongest(matches(folded.text, RULES if self.is_hidden else VISIBLE_RULES), len(own.text))
        ]
        for segment in disguised(own.text):
            found.extend(self._spoken(segment, *_spread(own, span, segment), depth=1))
        found.extend(self._classified(own, span, found))
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

    def _classified(self, own: Folded, span: Section, found: Iterable[Finding]) -> Iterator[Finding]:
        if self.classifier is None or not own.text:
            return
        suspicion = self.classifier.most_suspicious(own.text)
        if suspicion.margin < 0:
            return
        start, end = (at + span.start for at in own.span(suspicion.start, suspicion.end))
        yield Finding(
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

    def _apart(self) -> Iterator[Finding]:
        """Findings in what is encoded or invisible, over the whole text."""
        for segment in decoded_runs(self.text):
            yield from self._spoken(segment, segment.start, segment.end, depth=1)
        for run in smuggled(self.text):
            yield self._invisible(run)
            yield from self._spoken(Decoded(run.start, run.end, run.means, run.text), run.start, run.end, depth=1)

    def _spoken(self, segment: Decoded, start: int, end: int, *, depth: int) -> Iterator[Finding]:
        """What a decoded text says, by the rules."""
        folded = fold(segment.text[:MAX_ENCODED_CHARACTERS])
        for match in _strongest(matches(folded.text, RULES), len(folded.text)):
            finding = self._finding(match, start, end, concealed=True, means=segment.encoding)
            yield replace(finding, excerpt=_excerpt(folded.text[match.start : match.end]))
        if depth < _MAX_DEPTH:
            for inner in decoded_runs(segment.text):
                yield from self._spoken(inner, start, end, depth=depth + 1)

    def _invisible(self, run: Smuggled) -> Finding:
        return Finding(
            rule="invisible-characters",
            start=run.start,
            end=run.end,
            hidden=self.is_hidden,
            score=_INVISIBLE_SCORE,
            excerpt=_excerpt(run.text or self.text[run.start : run.end]),
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
