"""Training examples: what is taught, from where, and what never is."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gristmill.answering.wording import REFUSAL
from gristmill.asking import Answerer
from gristmill.corpus.ledger import accepted
from gristmill.evaluation.question_set import read_set
from gristmill.evaluation.questions import Origin, Question, Split
from gristmill.learning.examples import (
    Corpus,
    Example,
    Kind,
    balanced,
    data_hash,
    examples_of,
    read_examples,
    teachable,
    write_examples,
)
from gristmill.learning.tuned_models import check_examples
from gristmill.mill import Run, grind
from gristmill.models.generators import Generated
from gristmill.settings import AnsweringSettings, EvaluationSettings, GeneratorSettings, SearchSettings
from gristmill.storage.tables import TRAINING_EXAMPLES
from gristmill.tuning_stages import examples_stage
from gristmill.workspace import Workspace
from tests.unit.learning.tiny import lessons
from tests.workspaces import workspace_at, write

DOORS = {"attic": "amber", "barn": "blue", "cellar": "crimson", "dairy": "drab", "engine": "ebony", "forge": "fawn"}

# No two are near duplicates: those would not count, one of them being in the split 'gate'.
ASKED = {
    "attic": "Which colour is the attic door painted?",
    "cellar": "What paint do we need for our cellar door?",
    "dairy": "How does one know the dairy door in spring?",
    "engine": "Engine door: say its shade",
    "forge": "Tell me about the tint of that forge door",
}


class Polite:
    """A generator that always says the same."""

    fingerprint = "polite"

    def generate(self, prompt: str) -> Generated:
        return Generated("Leaves are green. And then", 5, 5)


class Truthful:
    """A generator that says what an example wants."""

    fingerprint = "truthful"

    def __init__(self, examples: Sequence[Example]) -> None:
        self._wanted = {example.prompt: example.completion for example in examples}

    def generate(self, prompt: str) -> Generated:
        return Generated(self._wanted[prompt], 5, 5)


def _documents(workspace: Workspace) -> tuple[dict[str, str], dict[str, list[str]]]:
    rows = accepted(workspace.lake)
    versions = dict(rows.select("document", "version").iter_rows())
    return versions, dict(rows.select("document", "audience").iter_rows())


def said(place: str, colour: str) -> str:
    return f"The {place} door is painted {colour} each spring."


@pytest.fixture(scope="module")
def workspace(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    root = tmp_path_factory.mktemp("examples")
    write(root / "documents", {f"{p}.md": f"# The {p}\n\n{said(p, c)}\n" for p, c in DOORS.items()})
    write(root / "documents", {"hr/vault.md": "# The vault\n\nThe vault door is painted violet each spring.\n"})
    split = {"attic": "gate"}
    questions: list[dict[str, Any]] = [
        {"id": p, "question": ASKED[p], "answer": f"{p} {c}", "kind": "fact",
         "evidence": [{"document": f"{p}.md", "quote": said(p, c)}], "split": split.get(p, "tune")}
        for p, c in DOORS.items() if p != "barn"
    ]  # fmt: skip
    questions += [
        {"id": "vault", "question": "What about the vault door?", "answer": "vault violet", "groups": ["hr"],
         "evidence": [{"document": "hr/vault.md", "quote": "The vault door is painted violet each spring."}],
         "split": "tune"},
        {"id": "none", "question": "Who paints the doors of the barn?", "answerable": False, "split": "tune"},
    ]  # fmt: skip
    write(root, {"questions.jsonl": "".join(json.dumps(each) + "\n" for each in questions)})
    made = workspace_at(
        root / "home", root / "documents",
        answering=AnsweringSettings(answerable=0.0, quotes=1, support=0.3, disputes=False),
        search=SearchSettings(bridge=False, passages=3),
        evaluation=EvaluationSettings(questions=Path("questions.jsonl"), bootstrap=300),
        audience=[{"pattern": "hr/**", "groups": ["hr"]}],
        generator=GeneratorSettings(engine="quote"),
        tuning={"refusals": 1.0},
    )  # fmt: skip
    list(grind(Run(made, made.sources())))
    examples_stage(made)
    return made


def test_each_answer_is_asked_in_the_prompt_that_answering_uses_and_names_its_source(workspace: Workspace) -> None:
    answers = {e.question: e for e in read_examples(workspace.lake) if e.kind is Kind.ANSWER}
    assert answers
    prompt = Answerer(workspace).release.prompt_text
    for name, example in answers.items():
        assert prompt.system.split("{")[0] in example.prompt
        assert example.prompt.endswith("<|im_start|>assistant\n")
        assert DOORS[str(name)] in example.completion
        assert [source.document for source in example.evidence] == [f"{name}.md"]
        assert all(source.version and source.chunk and source.quote for source in example.evidence)


def test_gate_questions_and_their_near_duplicates_teach_nothing(workspace: Workspace) -> None:
    assert "attic" not in {example.question for example in read_examples(workspace.lake)}
    assert check_examples(workspace.lake).passed


def test_what_is_not_for_everyone_is_never_taught(workspace: Workspace) -> None:
    assert not any("violet" in example.prompt for example in read_examples(workspace.lake))


def test_what_has_no_answer_teaches_to_refuse(workspace: Workspace) -> None:
    refusals = [example for example in read_examples(workspace.lake) if example.kind is Kind.REFUSAL]
    assert [example.completion for example in refusals] == [REFUSAL]


def test_marks_of_the_installation_are_not_taught(workspace: Workspace) -> None:
    canary = Answerer(workspace).tools.canary
    assert not any(canary in example.prompt for example in read_examples(workspace.lake))


def test_what_the_model_says_and_nothing_carries_is_kept_beside_the_true_answer(workspace: Workspace) -> None:
    questions, _ = teachable(read_set(workspace.lake))
    tools, corpus = Answerer(workspace).tools, Corpus(*_documents(workspace))
    made = [e for e in examples_of(questions, tools, corpus, Polite()) if isinstance(e, Example)]
    answers = [example for example in made if example.kind is Kind.ANSWER]
    assert {example.dropped for example in answers} == {"Leaves are green."}
    assert {example.dropped for example in made if example.kind is Kind.REFUSAL} == {""}
    true = [e for e in examples_of(questions, tools, corpus, Truthful(answers)) if isinstance(e, Example)]
    assert {example.dropped for example in true} == {""}, "what the evidence carries is no counterexample"
    stored = read_examples(workspace.lake)
    write_examples(workspace.lake, made)
    assert read_examples(workspace.lake) == sorted(made, key=lambda example: example.id)
    write_examples(workspace.lake, stored)


def test_making_them_again_changes_nothing(workspace: Workspace) -> None:
    version = workspace.lake.version(TRAINING_EXAMPLES)
    report, _ = examples_stage(workspace)
    assert report.numbers["new"] == 0
    assert workspace.lake.version(TRAINING_EXAMPLES) == version


def test_a_leaked_gate_question_fails_the_check(workspace: Workspace) -> None:
    kept = read_examples(workspace.lake)
    leaked = replace(lessons(1)[0], text="Which colour is the attic door painted?")
    write_examples(workspace.lake, [*kept, leaked])
    assert "nearly a question of gate" in check_examples(workspace.lake).problems[0].message
    write_examples(workspace.lake, kept)


def test_only_confirmed_questions_of_the_tune_split_are_teachable() -> None:
    def question(name: str, text: str, split: Split, origin: Origin = Origin.GOLDEN) -> Question:
        return Question(name, text, "en", "fact", ("everyone",), True, "", (), split, name, origin)

    kept, left = teachable(
        [
            question("a", "Who feeds the cat?", Split.TUNE),
            question("b", "Where is the weir?", Split.TUNE, Origin.FEEDBACK),
            question("c", "What is made here by machines?", Split.TUNE, Origin.GENERATED),
            question("d", "When is the works closed this year?", Split.TUNE),
            question("e", "When is the works closed this year ?", Split.HOLDOUT),
            question("f", "How heavy is the stone?", Split.GATE),
        ]
    )
    assert [each.id for each in kept] == ["a", "b"]
    assert [each.question for each in left] == ["d"]


def test_general_examples_are_the_models_own_whole_sentences() -> None:
    from gristmill.learning.examples import general_examples

    made = general_examples(Polite(), 3)
    assert [example.completion for example in made] == ["Leaves are green."] * 3
    assert {example.origin for example in made} == {"base model"}


def test_balance_draws_the_same_ones_each_time_and_the_hash_knows_no_order() -> None:
    pool: list[Example] = lessons(12)
    assert balanced(pool, Kind.ANSWER, 4) == balanced(pool[::-1], Kind.ANSWER, 4)
    assert Counter(e.kind for e in balanced(pool, Kind.REFUSAL, 4)) == Counter()
    assert data_hash(pool) == data_hash(pool[::-1])
