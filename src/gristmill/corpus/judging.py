"""The examination of one document by itself: cleaned, judged, masked and screened, as a pure function.

What depends on other documents (duplicates, versions) or on the day (age) is in `relations`; what the findings lead to,
and what people decided about it, in `acceptance`. The steps run in the order in which each helps the next: cleaning
brings back words that were split, hidden text must not count for quality, and screening sees what a model would see.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from gristmill.corpus import hygiene, injection, privacy, quality
from gristmill.corpus.duplicates import content_hash, normalised_words, shingles, signature
from gristmill.corpus.duplicates.versions import HEAD_CHARACTERS
from gristmill.corpus.findings import Finding, error, warning
from gristmill.corpus.headings import heading_of
from gristmill.corpus.pages import paged_text_hash
from gristmill.corpus.policies import SourcePolicy
from gristmill.corpus.privacy import Kind, Policy

_MOST_EXCERPT = 120
_NAMED_FINDINGS = 2
# The rules here are those of a text alone: no age, no versions, so any day will do.
_ANY_DAY = date(2000, 1, 1)
_REPLACEMENT_NOTICE = {
    "mojibake": "{count:,} characters were decoded wrongly once and have been repaired.",
    "mojibake_left": "{count:,} characters were decoded wrongly and could not be repaired.",
    "replacement_character": "{count:,} characters were lost in decoding.",
    "zero_width": "{count:,} invisible characters without width were taken out of words.",
    "bidi_control": "{count:,} invisible marks that turn the direction of writing were taken out.",
    "tag_characters": "{count:,} invisible characters that can carry a message were taken out.",
    "invisible": "{count:,} invisible characters were taken out.",
    "private_use": "{count:,} characters of a private font were taken out.",
}


@dataclass(frozen=True)
class ParsedDocument:
    """What parsing gave for one content: `pages` are (number, start) in `text`; the language is a code or empty."""

    text: str
    title: str = ""
    language: str = ""
    pages: tuple[tuple[int, int], ...] = ()
    hidden: tuple[hygiene.Hidden, ...] = ()


@dataclass(frozen=True)
class Judged:
    """The text as it would be chunked, and everything found on the way to it. Holds no value that was masked."""

    text: str
    pages: tuple[tuple[int, int], ...]
    title: str
    heading: str
    words: int
    content_hash: str
    signature: bytes
    findings: tuple[Finding, ...]
    masked: tuple[tuple[str, int], ...]
    edges: tuple[hygiene.EdgeLine, ...] = ()
    page_lines: tuple[hygiene.Span, ...] = ()
    languages: tuple[hygiene.LanguageRun, ...] = ()

    @property
    def text_hash(self) -> str:
        """The hash of the text and its pages: two documents with the same text share its row."""
        return paged_text_hash(self.text, self.pages)

    @property
    def head(self) -> str:
        """The first lines, which say which version this is."""
        return self.text[:HEAD_CHARACTERS]


def examine(document: ParsedDocument, policy: SourcePolicy, key: bytes) -> Judged:
    """Examine one document against the policy of its source; `key` is that of the pseudonyms."""
    return examine_all([(document, policy)], key)[0]


def examine_all(documents: Sequence[tuple[ParsedDocument, SourcePolicy]], key: bytes) -> list[Judged]:
    """`examine` for several documents: the same, and cheaper, because they are screened together."""
    cleaned = [_Cleaned.of(document, policy, key) for document, policy in documents]
    screenings = injection.screen_all([(one.text, one.hidden) for one in cleaned])
    return [one.judged(screening) for one, screening in zip(cleaned, screenings, strict=True)]


@dataclass(frozen=True)
class _Cleaned:
    """A document without what is hidden or masked, on its way to being judged."""

    document: ParsedDocument
    policy: SourcePolicy
    clean: hygiene.CleanText
    visible: hygiene.Separated
    masked: privacy.Masked
    title: str
    hidden: tuple[str, ...]
    private: tuple[Finding, ...]

    @classmethod
    def of(cls, document: ParsedDocument, policy: SourcePolicy, key: bytes) -> _Cleaned:
        clean = hygiene.clean(document.text)
        visible = hygiene.remove_hidden(clean.text, document.hidden)
        mask = _Mask(policy, key, document.language)
        masked, private = mask.document(visible.text)
        hidden = tuple(mask.text(piece) for piece in _hidden_pieces(document.hidden))
        return cls(document, policy, clean, visible, masked, mask.text(document.title), hidden, tuple(private))

    @property
    def text(self) -> str:
        return self.masked.text

    def judged(self, screening: injection.Screening) -> Judged:
        words = normalised_words(self.text)
        pages = tuple((page, self._moved(start)) for page, start in self.document.pages)
        return Judged(
            self.text,
            pages,
            self.title,
            heading_of(self.text),
            len(words),
            content_hash(words),
            signature(shingles(words)),
            (
                *_quality(self.document, self.visible.text, self.policy),
                *self.private,
                *_screened(screening, self.text, self.hidden, self.policy),
                *_cleaned(self.clean.findings),
                *_separated(self.visible.removed),
            ),
            tuple(sorted(Counter(found.kind.value for found in self.masked.replacements).items())),
            tuple(hygiene.edge_lines(self.text)),
            tuple(hygiene.page_lines(self.text, pages)),
            tuple(hygiene.language_runs(self.text, self.document.language)),
        )

    def _moved(self, offset: int) -> int:
        """The place in the final text of a place in the parsed one."""
        return self.masked.to_masked(self.visible.offsets.to_clean(self.clean.to_clean(offset)))


@dataclass(frozen=True)
class _Mask:
    """Takes out what the policy masks, and what it holds a document back for: no table but the parsed one has it."""

    policy: SourcePolicy
    key: bytes
    language: str

    def document(self, text: str) -> tuple[privacy.Masked, list[Finding]]:
        found = self._found(text)
        judged = privacy.judge(text, found, self.policy.privacy, self.policy.otherwise)
        findings = []
        if judged.policy is Policy.QUARANTINE:
            findings = [
                error(
                    "personal_data",
                    _sentence(judged.reason),
                    "Remove the data, or accept the document: it is masked then.",
                )
            ]
        elif judged.policy is Policy.MASK:
            findings = [
                warning("personal_data", _sentence(judged.reason), "Nothing to do; the file itself is unchanged.")
            ]
        return self._masked(text, found), findings

    def text(self, text: str) -> str:
        return self._masked(text, self._found(text)).text if text else text

    def _found(self, text: str) -> list[privacy.PersonalData]:
        wanted = [kind for kind in Kind if self._treatment(kind) is not Policy.KEEP]
        return privacy.find_personal_data_of(wanted, text, self.language or "en")

    def _masked(self, text: str, found: Sequence[privacy.PersonalData]) -> privacy.Masked:
        return privacy.mask(text, [one for one in found if self._treatment(one.kind) is not Policy.KEEP], self.key)

    def _treatment(self, kind: Kind) -> Policy:
        return self.policy.privacy.get(kind, self.policy.otherwise)


def _quality(document: ParsedDocument, text: str, policy: SourcePolicy) -> Iterator[Finding]:
    given = quality.QualityInput("", text, document.language or hygiene.UNDETERMINED, len(document.pages))
    for violation in quality.judge(given, policy.rules, now=_ANY_DAY):
        yield Finding(violation.rule, violation.severity, violation.reason, violation.recovery)


def _screened(
    screening: injection.Screening, text: str, hidden: Sequence[str], policy: SourcePolicy
) -> Iterator[Finding]:
    if screening.verdict is injection.Verdict.CLEAN:
        return
    said_by_all = _folded(text)
    is_left_out = not any(_folded(piece) in said_by_all for piece in hidden if piece.strip())
    strongest = sorted(screening.findings, key=lambda finding: -finding.score)[:_NAMED_FINDINGS]
    said = " ".join(f"{finding.explanation} {_quoted(finding.excerpt)}" for finding in strongest)
    if policy.leaves_out_hidden_orders and all(finding.hidden for finding in screening.findings) and is_left_out:
        yield warning(
            "injection", f"It speaks to a language model where no reader sees it; that was left out: {said}",
            "Find out who put it there, and take it out of the file.",
        )  # fmt: skip
    elif screening.verdict is injection.Verdict.QUARANTINE:
        yield error(
            "injection", f"It speaks to a language model: {said}",
            "Take the passage out of the file and find out who put it there. If it is meant, accept the document.",
        )  # fmt: skip
    else:
        yield warning(
            "injection",
            f"It may speak to a language model: {said}",
            "Look at the passage; reject the document if it is.",
        )


def _hidden_pieces(hidden: Sequence[hygiene.Hidden]) -> list[str]:
    """Concealed texts one by one; attributes and metadata, of which a page can have thousands, together by kind."""
    by_kind: dict[hygiene.HiddenKind, list[str]] = {}
    for found in hidden:
        by_kind.setdefault(found.kind, []).append(found.text)
    pieces = [text for kind, texts in by_kind.items() if kind in hygiene.CONCEALED for text in texts]
    pieces += ["\n\n".join(texts) for kind, texts in by_kind.items() if kind not in hygiene.CONCEALED]
    return pieces


def _cleaned(found: Sequence[hygiene.Finding]) -> Iterator[Finding]:
    for one in found:
        if notice := _REPLACEMENT_NOTICE.get(one.kind):
            yield warning(
                one.kind, notice.format(count=one.count), "Save the file again from the program it was written in."
            )


def _separated(removed: Sequence[hygiene.HiddenSpan]) -> Iterator[Finding]:
    if removed:
        count = f"{len(removed):,} passage{'s' if len(removed) > 1 else ''}"
        yield warning(
            "hidden_text",
            f"{count} that a reader of the file does not see {'were' if len(removed) > 1 else 'was'} left out.",
            "Look at them with 'gristmill documents show', and take them out of the file.",
        )


def _folded(text: str) -> str:
    return " ".join(text.split()).casefold()


def _quoted(excerpt: str) -> str:
    folded = " ".join(excerpt.split())
    return f"“{folded[:_MOST_EXCERPT]}{'…' if len(folded) > _MOST_EXCERPT else ''}”" if folded else ""


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."
