"""Fits the two evidence models, and tells how good they are.

    python -m benchmarks.answering --fit              fit on the tune split and write evidence.json
    python -m benchmarks.answering --split gate       reliability and the trade between answering and refusing

Fitting sees the tune split alone: each question as it is, once more with the units that answer it hidden, and once with
the documents that answer it hidden, so that the models meet many plausible questions without an answer. What --fit
prints is cross-validated by question, five folds: no question is judged by a model that saw it.
"""

from __future__ import annotations

import argparse
import json
import re
from dataclasses import astuple, dataclass, replace
from pathlib import Path

import numpy as np
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedGroupKFold

import gristmill.answering
from benchmarks.questions import Question, folded, holds, questions
from gristmill.answering.evidence import Evidence, Weigher, models
from gristmill.answering.finding import query_of
from gristmill.answering.fitted import QUESTION_FILE, UNIT_FILE
from gristmill.answering.measures import UNIT_NAMES, UnitMeasures, set_side_by_side
from gristmill.answering.sentences import Unit, units_of
from gristmill.asking import Answerer
from gristmill.identity import Asker
from gristmill.search.retrieval import Passage, Query, retrieve
from gristmill.workspace import Workspace

FOLDS = 5
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_REFUSED = 0.8  # what is demanded of the unanswerable questions
# Questions that people wrote without an answer weigh more than those whose answer was hidden.
_WRITTEN = 3.0


@dataclass(frozen=True)
class Case:
    """A question with its passages, once as it is or once with its evidence hidden."""

    question: Question
    query: Query
    passages: tuple[Passage, ...]
    answerable: bool
    hidden: bool
    units: tuple[tuple[Unit, UnitMeasures], ...]
    right: tuple[bool, ...]  # is a unit evidence


def main() -> None:
    """Fit, or tell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--split", default="tune", choices=["tune", "gate", "holdout"])
    parser.add_argument("--fit", action="store_true", help="Fit on the tune split and write the models.")
    arguments = parser.parse_args()
    answerer = Answerer(Workspace())
    if arguments.fit:
        made = [case for question in questions("tune") for case in cases(answerer, question, hide=True)]
        fit(made, answerer_weigher(answerer))
    else:
        told = [case for question in questions(arguments.split) for case in cases(answerer, question, hide=False)]
        judge(told, answerer_weigher(answerer))


def judge(told: list[Case], weigher: Weigher) -> None:
    """Tell how the models in force do on cases."""
    tell(told, odds_of(told), chances_of(told, weigher))


def odds_of(told: list[Case]) -> list[np.ndarray]:
    """Return the log odds that the unit model in force gives the units of each case."""
    return [np.array([models().unit.logit(m) for _, m in case.units]) for case in told]


def chances_of(told: list[Case], weigher: Weigher) -> np.ndarray:
    """Return the probability that the models in force give each case."""
    pairs = zip(told, odds_of(told), strict=True)
    return np.array([models().question.probability(question_row(weigher, case, logits)) for case, logits in pairs])


def answerer_weigher(answerer: Answerer) -> Weigher:
    """Return what weighs the passages of an installation."""
    tools = answerer.tools
    return Weigher(tools.encoder, tools.bridge, tools.index.lexical)


def cases(answerer: Answerer, question: Question, *, hide: bool) -> list[Case]:
    """Return a question's cases: as it is, and with its evidence hidden when it has some and `hide` says so."""
    tools, weigher = answerer.tools, answerer_weigher(answerer)
    query = query_of(question.text, Asker.in_groups(question.groups), tools)
    passages = tuple(retrieve(tools.index, query, tools.search))
    measured = tuple(weigher.measure(query, passages))
    right = tuple(is_evidence(unit, question) for unit, _ in measured)
    found = [Case(question, query, passages, question.answerable and any(right), False, measured, right)]
    if hide and question.answerable:
        gone = frozenset(unit for unit in units_of(list(passages)) if says_the_same(unit, question))
        rest = tuple(weigher.measure(query, passages, gone))
        found.append(Case(question, query, passages, False, True, rest, (False,) * len(rest)))
    return [case for case in found if case.units]


def is_evidence(unit: Unit, question: Question) -> bool:
    """Say whether a unit holds a quote that answers the question, or lies within one."""
    text = folded(unit.text)
    return question.answerable and any(holds(unit.text, q) or (len(text) > 15 and text in q) for q in question.quotes)


def says_the_same(unit: Unit, question: Question) -> bool:
    """Say whether a unit is evidence, or says the same in other words: its figures and half its words."""
    if is_evidence(unit, question):
        return True
    words = set(re.findall(r"\w{3,}", unit.text.casefold()))
    for quote in question.quotes:
        numbers, said = set(_NUMBER.findall(quote)), set(re.findall(r"\w{3,}", quote.casefold()))
        if numbers <= set(_NUMBER.findall(unit.text)) and len(said & words) >= len(said) / 2:
            return True
    return False


def question_row(weigher: Weigher, case: Case, logits: np.ndarray) -> tuple[float, ...]:
    """Return the question measures of a case whose units have these log odds."""
    found = [Evidence(unit, m, float(logit)) for (unit, m), logit in zip(case.units, logits, strict=True)]
    found.sort(key=lambda evidence: -evidence.logit)
    return astuple(weigher.measure_question(case.query, case.passages, found))


def without_documents(case: Case) -> Case | None:
    """Return a case as if the documents that answer it were not there; None when nothing else was found."""
    question = case.question
    kept = [at for at, passage in enumerate(case.passages) if passage.document not in question.documents]
    if case.hidden or not question.answerable or not kept:
        return None
    place = {old: new for new, old in enumerate(kept)}
    passages = tuple(case.passages[at] for at in kept)
    best = max(passage.score for passage in passages) or 1.0
    left = [(unit, m) for unit, m in case.units if unit.passage in place and not says_the_same(unit, question)]
    moved = [replace(unit, passage=place[unit.passage]) for unit, _ in left]
    measures = [
        replace(m, rank=1 / (1 + unit.passage), passage_score=passages[unit.passage].score / best)
        for unit, (_, m) in zip(moved, left, strict=True)
    ]
    units = tuple(zip(moved, set_side_by_side(measures), strict=True))
    return Case(question, case.query, passages, False, True, units, (False,) * len(units)) if units else None


@dataclass(frozen=True)
class Unseen:
    """All cases to fit on, and what models say that did not see their question."""

    cases: list[Case]
    odds: list[np.ndarray]  # of the units of each case
    rows: np.ndarray  # of question measures
    chances: np.ndarray
    curve: LogisticRegression  # that makes the shares of a forest honest


def fit(made: list[Case], weigher: Weigher) -> None:
    """Fit both models, print how good they are on questions they did not see, and write them."""
    found = unseen(made, weigher)
    labels = labels_of(found.cases)
    print(
        f"{len(labels)} cases, {labels.sum()} with an answer; AUC over all {roc_auc_score(labels, found.chances):.3f}"
    )
    shown = np.flatnonzero([not case.hidden for case in found.cases])
    tell([found.cases[at] for at in shown], [found.odds[at] for at in shown], found.chances[shown])
    folder = Path(gristmill.answering.__file__).parent
    stored = json.dumps(named(logistic(*unit_table(found.cases)), UNIT_NAMES), indent=2)
    (folder / UNIT_FILE).write_text(stored + "\n", encoding="utf-8")
    print(stored)
    write_forest(folder / QUESTION_FILE, forest(found.rows, labels, weights_of(found.cases)), found.curve)


def unseen(made: list[Case], weigher: Weigher) -> Unseen:
    """Return cases, once more without the documents that answer them, with what models of other questions say."""
    made = made + [gone for case in made if (gone := without_documents(case)) is not None]
    labels, groups = labels_of(made), np.array([case.question.id for case in made])
    weights = weights_of(made)
    outside = unit_odds(made, groups)
    rows = np.array([question_row(weigher, case, logits) for case, logits in zip(made, outside, strict=True)])
    shares = np.zeros(len(made))
    for learn, judge in StratifiedGroupKFold(FOLDS, shuffle=True, random_state=1).split(rows, labels, groups):
        shares[judge] = forest(rows[learn], labels[learn], weights[learn]).predict_proba(rows[judge])[:, 1]
    shown = np.array([at for at, case in enumerate(made) if not case.hidden])
    curve = LogisticRegression(C=100).fit(logit_of(shares[shown]), labels[shown])
    return Unseen(made, outside, rows, curve.predict_proba(logit_of(shares))[:, 1], curve)


def labels_of(made: list[Case]) -> np.ndarray:
    """Return which cases are answered by their units."""
    return np.array([case.answerable for case in made])


def weights_of(made: list[Case]) -> np.ndarray:
    """Return how much each case counts."""
    return np.array([1.0 if case.question.answerable else _WRITTEN for case in made])


def logit_of(shares: np.ndarray) -> np.ndarray:
    """Return log odds as a column."""
    kept = np.clip(shares, 1e-3, 1 - 1e-3)
    return np.log(kept / (1 - kept))[:, np.newaxis]


def forest(rows: np.ndarray, labels: np.ndarray, weights: np.ndarray) -> RandomForestClassifier:
    """Grow the forest; on these few cases it is better than a logistic model and boosted trees."""
    made = RandomForestClassifier(120, min_samples_leaf=6, random_state=0)
    return made.fit(rows.astype(np.float32), labels, weights)


def write_forest(file: Path, grown: RandomForestClassifier, curve: LogisticRegression) -> None:
    """Write a forest as plain arrays."""
    trees = [estimator.tree_ for estimator in grown.estimators_]
    roots = np.cumsum([0, *(tree.node_count for tree in trees[:-1])])
    left = [np.where(t.children_left < 0, -1, t.children_left + at) for t, at in zip(trees, roots, strict=True)]
    right = [np.where(t.children_right < 0, -1, t.children_right + at) for t, at in zip(trees, roots, strict=True)]
    values = [tree.value[:, 0, :] for tree in trees]
    np.savez_compressed(
        file,
        roots=roots.astype(np.int32),
        feature=np.concatenate([np.where(t.children_left < 0, -1, t.feature) for t in trees]).astype(np.int16),
        threshold=np.concatenate([t.threshold for t in trees]),
        left=np.concatenate(left).astype(np.int32),
        right=np.concatenate(right).astype(np.int32),
        value=np.concatenate([v[:, 1] / v.sum(axis=1) for v in values]).astype(np.float32),
        curve=np.array([curve.coef_[0, 0], curve.intercept_[0]]),
    )


def unit_table(made: list[Case]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return measures, labels and weights of all units of the cases that are as they were."""
    shown = [case for case in made if not case.hidden and any(case.right)]
    rows = np.array([astuple(m) for case in shown for _, m in case.units])
    return rows, np.array([r for case in shown for r in case.right]), np.ones(len(rows))


def unit_odds(made: list[Case], groups: np.ndarray) -> list[np.ndarray]:
    """Return the log odds of each case's units by a model that did not see its question."""
    odds: list[np.ndarray] = [np.zeros(0)] * len(made)
    labels = np.array([case.answerable for case in made])
    for learn, judge in StratifiedGroupKFold(FOLDS, shuffle=True, random_state=1).split(labels, labels, groups):
        model = logistic(*unit_table([made[at] for at in learn]))
        for at in judge:
            odds[at] = model.decision_function(np.array([astuple(m) for _, m in made[at].units]))
    return odds


def logistic(rows: np.ndarray, labels: np.ndarray, weights: np.ndarray) -> LogisticRegression:
    """Fit a logistic model on scaled measures, and return it with its coefficients scaled back."""
    scale = np.maximum(rows.std(axis=0), 1e-6)
    model = LogisticRegression(C=0.3, max_iter=2000).fit(rows / scale, labels, weights)
    model.coef_ = model.coef_ / scale
    return model


def named(model: LogisticRegression, names: tuple[str, ...]) -> dict[str, float]:
    """Return a model as it is stored."""
    pairs = zip(names, map(float, model.coef_[0]), strict=True)
    return {"intercept": round(float(model.intercept_[0]), 4)} | {name: round(value, 4) for name, value in pairs}


def tell(told: list[Case], units: list[np.ndarray], chances: np.ndarray) -> None:
    """Print how often the best unit is evidence, what a threshold gives, and how far probabilities can be trusted."""
    can = np.array([case.question.answerable for case in told])
    first = np.array([case.right[int(np.argmax(logits))] for case, logits in zip(told, units, strict=True)])
    there = np.array([any(case.right) for case in told])
    print(f"{can.sum()} answerable: evidence among the units {there[can].mean():.1%}, best unit is evidence "
          f"{first[can].mean():.1%}; AUC {roc_auc_score(can, chances):.3f}")  # fmt: skip
    print("threshold  answered  right of answered  refused of the unanswerable")
    needed = float(np.quantile(chances[~can], _REFUSED))
    for threshold in sorted({*np.arange(0.2, 0.85, 0.05).round(2), round(needed, 3)}):
        over = chances >= threshold
        right = first[can & over].mean() if (can & over).any() else 0.0
        print(f"{threshold:9.3f} {over[can].mean():9.1%} {right:18.1%} {1 - over[~can].mean():28.1%}")
    print("stated probability  questions  answered by their best unit or another")
    for low in np.arange(0, 1, 0.2):
        within = (chances >= low) & (chances < low + 0.2)
        if within.any():
            print(f"{low:.1f} to {low + 0.2:.1f} {within.sum():18} {(there & can)[within].mean():10.1%}")


if __name__ == "__main__":
    main()
