"""How many injections screening sees and how often it cries wolf: recall and false alarms, always together.

Every attack is judged by weights that were trained without its family. The rules were written by people who had read a
part of bastion, so the table gives them apart; see docs/explanation/injection.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

from gristmill.corpus.injection import Verdict, screen_with
from gristmill.corpus.injection.attacks import Attack, attacks, contexts, harmless
from gristmill.corpus.injection.classifier import Classifier
from gristmill.corpus.injection.training import fit, is_taught, learnt_sections, ordinary_sections

# Every how many contexts one is planted with the attacks of a family: 25 e-mails, 30 tables.
_EMAIL_STEP, _TABLE_STEP = 2, 30
_PLACES = (0.0, 0.5, 1.0)


class Counts(NamedTuple):
    """How many of some texts were clean, flagged and quarantined."""

    clean: int = 0
    flagged: int = 0
    quarantined: int = 0

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self)

    @property
    def share(self) -> float:
        """The share that was not clean; 0 of nothing is 0."""
        return (self.flagged + self.quarantined) / self.total if self.total else 0.0

    def __add__(self, other: object) -> Counts:
        """Both together."""
        if not isinstance(other, Counts):
            return NotImplemented
        return Counts(*(mine + theirs for mine, theirs in zip(self, other, strict=True)))


@dataclass(frozen=True)
class FamilyResult:
    """One family, judged by weights that never saw it.

    Attributes:
        rules: the rules, decoders and invisible text alone.
        all_layers: with the classifier.
        planted: all layers, on documents with the attack in them; zeros where there are no documents for it.
    """

    collection: str
    family: str
    rules: Counts
    all_layers: Counts
    planted: Counts


@dataclass(frozen=True)
class OrdinaryResult:
    """Ordinary texts of one place: none of them should be found."""

    name: str
    rules: Counts
    all_layers: Counts


@dataclass(frozen=True)
class InjectionReport:
    """Recall by family and false alarms by place."""

    families: tuple[FamilyResult, ...]
    ordinary: tuple[OrdinaryResult, ...]

    def table(self) -> str:
        """The report as a Markdown table."""
        return "\n".join([*_family_lines(self.families), "", *_ordinary_lines(self.ordinary)])


def benchmark_injection(folder: Path, ordinary: Sequence[Path] = (), unseen: Sequence[Path] = ()) -> InjectionReport:
    """Measure screening on attacks of unseen families and on ordinary text.

    Args:
        folder: the folder with `bastion.jsonl` and `bipia_train/`.
        ordinary: files and folders of ordinary pages. One half of the pages, split by page, is trained on; false
            alarms are counted on the other.
        unseen: files and folders of ordinary pages of which nothing is trained on.

    Raises:
        SourceError: a folder is missing.
        SettingsError: scikit-learn is not installed.
    """
    return _Benchmark.read(folder, ordinary).report(folder, ordinary, unseen)


@dataclass(frozen=True)
class _Benchmark:
    """The material of a benchmark: attacks, harmless look-alikes, ordinary sections and documents to plant in."""

    attacks: Sequence[Attack]
    harmless: Sequence[str]
    learnt: Sequence[str]
    documents: Sequence[str]

    @classmethod
    def read(cls, folder: Path, ordinary: Sequence[Path]) -> _Benchmark:
        # Contexts at even places: training takes those at odd ones.
        documents = [*contexts(folder, "email")[::_EMAIL_STEP], *contexts(folder, "table")[::_TABLE_STEP]]
        friendly = [text.text for text in harmless(folder)]
        return cls(attacks(folder), friendly, learnt_sections(folder, ordinary), documents)

    def report(self, folder: Path, ordinary: Sequence[Path], unseen: Sequence[Path]) -> InjectionReport:
        whole = fit(self.attacks, self.harmless, self.learnt)
        families = tuple(self._family(list(group), whole) for _, group in groupby(self.attacks, key=_name))
        return InjectionReport(families, tuple(self._ordinary(folder, ordinary, unseen, whole)))

    def _family(self, found: list[Attack], whole: Classifier) -> FamilyResult:
        name = _name(found[0])
        # What is never taught was left out of the whole already.
        others = [attack for attack in self.attacks if _name(attack) != name]
        classifier = fit(others, self.harmless, self.learnt) if is_taught(found[0]) else whole
        texts = [attack.text for attack in found]
        # BIPIA's code belongs into code, of which there are no contexts here.
        documents = [] if name[0] == "BIPIA code" else self.documents
        return FamilyResult(
            *name,
            rules=counts(texts, None),
            all_layers=counts(texts, classifier),
            planted=counts(planted(texts, documents), classifier),
        )

    def _ordinary(
        self, folder: Path, ordinary: Sequence[Path], unseen: Sequence[Path], whole: Classifier
    ) -> Iterator[OrdinaryResult]:
        emails, tables = contexts(folder, "email")[::2], contexts(folder, "table")[::2]
        yield _ordinary_result("BIPIA e-mails", emails, whole)
        yield _ordinary_result("BIPIA tables", tables, whole)
        yield self._look_alikes()
        for place in ordinary:
            yield _ordinary_result(f"{_place_name(place)}, other pages", ordinary_sections([place], half=1), whole)
        for place in unseen:
            sections = [section for half in (0, 1) for section in ordinary_sections([place], half)]
            yield _ordinary_result(f"{_place_name(place)}, nothing trained on", sections, whole)

    def _look_alikes(self) -> OrdinaryResult:
        """Harmless texts of bastion, each half judged by weights trained on the other half."""
        halves = self.harmless[::2], self.harmless[1::2]
        total = Counts()
        for learnt, judged in (halves, halves[::-1]):
            total += counts(judged, fit(self.attacks, learnt, self.learnt))
        return OrdinaryResult("bastion harmless look-alikes", counts(self.harmless, None), total)


def _name(attack: Attack) -> tuple[str, str]:
    return attack.collection, attack.family


def _place_name(place: Path) -> str:
    return f"{place.parent.name}/{place.name}"


def _ordinary_result(name: str, texts: Sequence[str], classifier: Classifier) -> OrdinaryResult:
    return OrdinaryResult(name, counts(texts, None), counts(texts, classifier))


def counts(texts: Sequence[str], classifier: Classifier | None) -> Counts:
    """The verdicts on some texts."""
    verdicts = [screen_with(classifier, text).verdict for text in texts]
    return Counts(*(verdicts.count(verdict) for verdict in (Verdict.CLEAN, Verdict.FLAG, Verdict.QUARANTINE)))


def planted(texts: Sequence[str], documents: Sequence[str]) -> list[str]:
    """Every document with an attack on a line of its own at the start, the middle or the end, in turn."""
    return [
        plant(document, texts[number % len(texts)], _PLACES[number % len(_PLACES)])
        for number, document in enumerate(documents)
    ]


def plant(document: str, attack: str, place: float) -> str:
    """A document with an attack at the line break or space nearest after a place between 0 and 1."""
    at = int(len(document) * place)
    found = next((spot for mark in "\n " if (spot := document.find(mark, at)) >= 0), len(document))
    at = 0 if place == 0 else found
    return f"{document[:at]}\n{attack}\n{document[at:]}"


def _row(name: str, *cells: Counts) -> str:
    return f"| {name} | {' | '.join(_cell(cell) for cell in cells)} |"


def _cell(found: Counts) -> str:
    if not found.total:
        return "–"
    percent = f"{found.share:.1%}" if found.share < 0.1 else f"{found.share:.0%}"
    return f"{percent} ({found.flagged}+{found.quarantined} of {found.total})"


def _sum(results: Sequence[FamilyResult], part: Callable[[FamilyResult], Counts]) -> Counts:
    total = Counts()
    for result in results:
        total += part(result)
    return total


def _family_lines(families: Sequence[FamilyResult]) -> Iterator[str]:
    yield "Recall on families left out of training: share (flagged+quarantined of all)"
    yield ""
    yield "| family | rules alone | all layers | planted in e-mails and tables |"
    yield "| --- | --- | --- | --- |"
    for collection, group in groupby(families, key=lambda result: result.collection):
        results = list(group)
        for result in results:
            yield _row(f"{collection}: {result.family}", result.rules, result.all_layers, result.planted)
        yield _row(
            f"**{collection}, all**",
            _sum(results, lambda result: result.rules),
            _sum(results, lambda result: result.all_layers),
            _sum(results, lambda result: result.planted),
        )


def _ordinary_lines(ordinary: Sequence[OrdinaryResult]) -> Iterator[str]:
    yield "False alarms on ordinary text: share (flagged+quarantined of all)"
    yield ""
    yield "| text | rules alone | all layers |"
    yield "| --- | --- | --- |"
    for result in ordinary:
        yield _row(result.name, result.rules, result.all_layers)
