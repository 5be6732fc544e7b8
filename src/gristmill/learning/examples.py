"""What a generator is trained on: chats exactly as answering fills them, each with where it comes from.

Answers come from confirmed questions of the tune split, refusals from those that have no answer, and general examples
from the base model's own replies, so that it does not forget them. Training itself does not belong here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from enum import Enum
from functools import cache
from importlib.resources import files
from typing import Any

import polars as pl

from gristmill.answering.draft import Draft, Tools
from gristmill.answering.pipeline import STEPS
from gristmill.answering.prompts import Chat
from gristmill.answering.sentences import readable
from gristmill.answering.support import support
from gristmill.answering.wording import REFUSAL, citation_of, first_sentence, word
from gristmill.evaluation.grounding import fold
from gristmill.evaluation.questions import Origin, Question, Split
from gristmill.evaluation.splits import apart
from gristmill.fingerprint import fingerprint, lines_hash
from gristmill.identity import EVERYONE, Asker
from gristmill.models.generators import Generator, QuoteGenerator
from gristmill.storage.lake import Lake
from gristmill.storage.tables import TRAINING_EXAMPLES

BASE_MODEL = "base model"
_HELPFUL = "You are a helpful AI assistant."
_TO_CHAT = STEPS[: STEPS.index(word) + 1]
# A question may come from people or from the court; what was made by a machine proves nothing about answers.
_CONFIRMED = frozenset({Origin.GOLDEN, Origin.FEEDBACK})
_END = (".", "!", "?")
_LONGEST_REPLY = 300


class Kind(str, Enum):
    """What an example teaches."""

    ANSWER = "answer"
    REFUSAL = "refusal"
    GENERAL = "general"

    __str__ = str.__str__


@dataclass(frozen=True)
class Source:
    """A piece of evidence that an example stands on."""

    document: str
    version: str
    chunk: str
    quote: str


@dataclass(frozen=True)
class Example:
    """A chat, what is to be said in it, and where both come from."""

    kind: Kind
    prompt: str
    completion: str
    text: str
    origin: str
    question: str | None = None
    cluster: str = ""
    evidence: tuple[Source, ...] = ()
    support: float | None = None
    release: str = ""
    dropped: str = ""  # what the model said here, and the verification of answers did not let through

    @property
    def id(self) -> str:
        """Hash of what is taught and of where it comes from."""
        instead = [self.dropped] if self.dropped else []
        evidence = [asdict(source) for source in self.evidence]
        return fingerprint(self.prompt, self.completion, self.question, evidence, *instead)


@dataclass(frozen=True)
class LeftOut:
    """A question that no example was made of, and why."""

    question: str
    reason: str


@dataclass(frozen=True)
class Corpus:
    """The accepted documents: the version of each and who may see it."""

    versions: Mapping[str, str]
    audiences: Mapping[str, Sequence[str]]


def teachable(questions: Sequence[Question]) -> tuple[list[Question], list[LeftOut]]:
    """Return the confirmed questions of the tune split that count and are no near duplicate of a protected one."""
    protected = [question for question in questions if question.split in {Split.GATE, Split.HOLDOUT}]
    counting = [q for q in questions if q.split is Split.TUNE and q.set_aside is None and q.origin in _CONFIRMED]
    kept = set(apart([question.text for question in counting], protected)[0])
    close = [LeftOut(q.id, "nearly a question of gate or holdout") for q in counting if q.text not in kept]
    return [question for question in counting if question.text in kept], close


def example_of(question: Question, tools: Tools, corpus: Corpus, writer: Generator | None = None) -> Example | LeftOut:
    """Return what a question teaches, or why it teaches nothing.

    The passages are those that answering finds for the question today, so that what is trained is what is asked for.

    Args:
        question: of `teachable`.
        tools: of the release whose prompt is trained.
        corpus: decides what may be taught; a model says to anybody what it has learnt.
        writer: the model as it is; what it says and nothing carries is kept beside the true answer.
    """
    # Marks and canary differ in each installation and must not be learnt by heart.
    own = replace(
        tools, generator=QuoteGenerator(), cache=None, router=None, nonce=fingerprint("training", question.id)
    )
    draft = Draft(question.text, Asker(question.groups))
    for step in _TO_CHAT:
        draft = step(draft, own)
    if draft.chat is None:
        return LeftOut(question.id, "no evidence was found")
    places = dict.fromkeys(draft.passages[evidence.unit.passage].document for evidence in draft.chosen)
    hidden = [document for document in places if EVERYONE not in corpus.audiences.get(document, ())]
    if hidden:
        return LeftOut(question.id, f"it shows {hidden[0]}, which is not for everyone")
    made = Example(
        Kind.ANSWER, draft.chat.chatml, "", question.text, str(question.origin), question.id, question.cluster,
        _sources(draft, corpus), release=tools.release,
    )  # fmt: skip
    if not question.answerable:
        return replace(made, kind=Kind.REFUSAL, completion=REFUSAL, evidence=())
    return _answered(made, question, draft, own, writer)


def general_examples(generator: Generator, most: int) -> list[Example]:
    """Return general prompts with the base model's own replies: what it says today is what it should go on saying."""
    made = []
    for text in general_prompts()[:most]:
        prompt = Chat(_HELPFUL, text).chatml
        reply = _whole_sentences(generator.generate(prompt).text)
        if reply:
            made.append(Example(Kind.GENERAL, prompt, reply, text, BASE_MODEL, cluster=fingerprint(text)))
    return made


def balanced(examples: Iterable[Example], kind: Kind, most: int) -> list[Example]:
    """Return at most `most` examples of a kind, drawn by their hashes: the same ones each time."""
    return sorted((e for e in examples if e.kind is kind), key=lambda example: example.id)[:most]


def data_hash(examples: Iterable[Example]) -> str:
    """Return the hash of a set of examples, whatever their order."""
    return lines_hash(sorted(example.id for example in examples))


def write_examples(lake: Lake, examples: Sequence[Example]) -> int:
    """Bring the table to these examples; those that are there already stay untouched. Returns how many are new."""
    stored = set(lake.read(TRAINING_EXAMPLES, ["example"])["example"])
    wanted = {example.id: example for example in examples}
    lake.delete(TRAINING_EXAMPLES, pl.Series("example", sorted(stored - wanted.keys()), dtype=pl.String))
    rows = [_row(example) for name, example in wanted.items() if name not in stored]
    return lake.upsert(TRAINING_EXAMPLES, pl.DataFrame(rows, schema=TRAINING_EXAMPLES.schema))


def read_examples(lake: Lake) -> list[Example]:
    """Return the stored examples in the order of their hashes."""
    return [_example(row) for row in lake.read(TRAINING_EXAMPLES).sort("example").iter_rows(named=True)]


def _answered(
    made: Example, question: Question, draft: Draft, tools: Tools, writer: Generator | None
) -> Example | LeftOut:
    """Complete an example with the shortest true answer that the verification of answers accepts."""
    quotes = [fold(evidence.quote) for evidence in question.evidence]
    units = [readable(evidence.unit) for evidence in draft.chosen]
    true = [unit for unit, e in zip(units, draft.chosen, strict=True) if any(_overlap(q, e.unit.text) for q in quotes)]
    if not true:
        return LeftOut(question.id, "what answers it is not the evidence that answering chooses")
    sources = [draft.passages[evidence.unit.passage] for evidence in draft.chosen]
    about = " ".join(name for passage in sources for name in (passage.title, *passage.headings))
    for text in (question.answer, *(evidence.quote for evidence in question.evidence), *true):
        sentence = _sentence(text)
        found = support(sentence, units, f"{question.text} {about}", tools.encoder)
        if found.score >= tools.answering.support:
            said = "" if writer is None else first_sentence(writer.generate(made.prompt).text)
            carried = support(said, units, f"{question.text} {about}", tools.encoder).score if said else 1.0
            dropped = "" if carried >= tools.answering.support or said == sentence else said
            return replace(made, completion=sentence, support=round(found.score, 4), dropped=dropped)
    return LeftOut(question.id, "no wording of its answer passes the verification")


def _overlap(quote: str, unit: str) -> bool:
    said = fold(unit)
    return bool(said) and (quote in said or said in quote)


def _sources(draft: Draft, corpus: Corpus) -> tuple[Source, ...]:
    cited = [citation_of(evidence, draft.passages) for evidence in draft.chosen]
    return tuple(Source(c.document, corpus.versions.get(c.document, ""), c.chunk, c.quote) for c in cited)


def _sentence(text: str) -> str:
    """Return a text as one sentence: blanks folded, a capital first and a full stop last."""
    flat = " ".join(text.split()).strip().strip("|").strip()
    flat = flat[:1].upper() + flat[1:]
    return flat if flat.endswith(_END) or not flat else f"{flat}."


def _whole_sentences(text: str) -> str:
    """Return a reply up to its last whole sentence: what a limit cut off teaches to stop in the middle."""
    flat = text.strip()[:_LONGEST_REPLY]
    last = max(flat.rfind(end) for end in _END)
    return flat[: last + 1]


@cache
def general_prompts() -> list[str]:
    """Return prompts that have nothing to do with any corpus."""
    return files("gristmill.learning").joinpath("general.txt").read_text(encoding="utf-8").splitlines()


def _row(example: Example) -> dict[str, Any]:
    return asdict(example) | {"example": example.id, "kind": str(example.kind)}


def _example(row: dict[str, Any]) -> Example:
    sources = tuple(Source(**source) for source in row["evidence"])
    fields = {name: value for name, value in row.items() if name != "example"}
    instead = row["dropped"] or ""  # rows of before there were pairs have none
    return Example(**fields | {"kind": Kind(row["kind"]), "evidence": sources, "dropped": instead})


def examples_of(
    questions: Iterable[Question], tools: Tools, corpus: Corpus, writer: Generator | None = None
) -> Iterator[Example | LeftOut]:
    """Yield what each question teaches, or why it teaches nothing."""
    return (example_of(question, tools, corpus, writer) for question in questions)
