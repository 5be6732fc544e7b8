"""Fits the reader, which says whether a text answers a question, and tells how good it is.

    python -m benchmarks.reading --fit           fit on the splits tune and near; write what was learnt
    python -m benchmarks.reading --split gate    how far it tells questions with an answer from those without

Run it in a home with the sample documents. Of each question the reader sees the five units that look most like an
answer: it learns to say the words of those that are evidence, and "none" of the two best that are not. How the
evidence models and the reader are put together to the probability that the best unit is evidence (`reading.json`) is
fitted on what readers say to questions that they did not learn from, by halves, and forests likewise, by fifths.
"""

from __future__ import annotations

import argparse
import json
import random
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors.numpy import save_file
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

import gristmill.answering
import gristmill.models
from benchmarks.answering import Case, answerer_weigher, cases, chances_of, unseen
from benchmarks.questions import Question, questions
from gristmill.answering.evidence import models
from gristmill.answering.fitted import READING_FILE
from gristmill.answering.reading import Together, log_odds, together
from gristmill.answering.sentences import Unit
from gristmill.asking import Answerer
from gristmill.evaluation.metrics import token_f1
from gristmill.learning.adapters import Encoded, Trainee
from gristmill.models.catalog import ADAPTER_FILE, generator_weights
from gristmill.models.gguf import GgufFile
from gristmill.models.reader import NONE, SCALE, Reader, odds_without, tokens_of
from gristmill.settings import AnsweringSettings, GeneratorSettings
from gristmill.workspace import Workspace

_FROM = ("tune", "near")
_LOOKED_AT, _WRONG = 5, 2  # units of a question that are read, and those without the answer that are learnt from
_SAID = 0.5  # the words of a unit that have this F1 with the answer are the answer
_MOST_WORDS = 12
# Probabilities that the best unit is evidence, and the thresholds `perhaps` and `answerable` that should cut there.
_CUTS = ((0.10, 0.35), (0.40, 0.65))
_RANK, _BATCH, _ROUNDS, _RATE, _SEED = 8, 8, 5, 4e-4, 17


@dataclass(frozen=True)
class Read:
    """A text that is read for a question, and what should be said of it: words of it, or that there are none."""

    question: str
    text: str
    said: str


def main() -> None:
    """Fit, or tell."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--split", default="gate", choices=["tune", "near", "gate", "holdout"])
    parser.add_argument("--fit", action="store_true", help="Fit, and write what was learnt.")
    arguments = parser.parse_args()
    workspace = Workspace()
    answerer = Answerer(workspace)
    splits = _FROM if arguments.fit else (arguments.split,)
    shown = [case for split in splits for q in questions(split) for case in cases(answerer, q, hide=False)]
    if arguments.fit:
        fit(shown, answerer)
    else:
        reader = Reader(workspace.home / "cache" / "readers")
        read = np.array([reader.odds(*best_of(case)) for case in shown])
        tell(shown, chances_of(shown, answerer_weigher(answerer)), read, together())


def fit(shown: list[Case], answerer: Answerer) -> None:
    """Fit the reader and what puts it together with the forest; print what they say to unseen questions."""
    halves = np.random.default_rng(_SEED).permutation(len(shown)) % 2
    read = np.zeros(len(shown))
    for half in (0, 1):
        learnt = [case for case, own in zip(shown, halves, strict=True) if own != half]
        trainee = taught([one for case in learnt for one in lessons(case)])
        for at in np.flatnonzero(halves == half):
            read[at] = odds(trainee, *best_of(shown[at]))
    weighed = unseen_chances(shown, answerer)
    rows = np.column_stack([np.vectorize(log_odds)(weighed), read])
    model = LogisticRegression(C=1.0).fit(rows, [best_answers(case) for case in shown])
    put = on_the_scale(float(model.intercept_[0]), *map(float, model.coef_[0]))
    print(put)
    tell(shown, weighed, read, put)
    folder = Path(gristmill.answering.__file__).parent
    written = json.dumps(asdict(put), indent=2)
    (folder / READING_FILE).write_text(written + "\n", encoding="utf-8")
    whole = taught([one for case in shown for one in lessons(case)]).adapter()
    halved = {name: numbers.astype(np.float16) for name, numbers in whole.items()}
    save_file(halved, Path(gristmill.models.__file__).parent / ADAPTER_FILE)


def scale() -> tuple[float, float]:
    """Return slope and shift that put the log odds of evidence where the thresholds of the forest alone cut them."""
    (low, perhaps), (high, answerable) = ((log_odds(one), log_odds(other)) for one, other in _CUTS)
    slope = (answerable - perhaps) / (high - low)
    return slope, perhaps - slope * low


def on_the_scale(intercept: float, weighed: float, read: float) -> Together:
    """Return a model whose probabilities mean to the thresholds what the forest's alone do."""
    slope, shift = scale()
    numbers = (shift + slope * intercept, slope * weighed, slope * read)
    return Together(*(round(number, 4) for number in numbers))


def lessons(case: Case) -> list[Read]:
    """Return what the units of a question teach."""
    order = ranked(case)
    right, found, wrong = dict(zip((unit for unit, _ in case.units), case.right, strict=True)), [], 0
    for unit in order[:_LOOKED_AT]:
        if right[unit]:
            said = answering_words(unit, case.question)
            found += [Read(case.question.text, unit.meaning, f" {said}")] if said else []
        elif wrong < _WRONG and (any(case.right) or not case.question.answerable):
            found.append(Read(case.question.text, unit.meaning, NONE))
            wrong += 1
    return found


def answering_words(unit: Unit, question: Question) -> str:
    """Return the words of a unit that are most like the answer; none where they have little of it."""
    cells = [cell for _, cell in unit.row]
    words = unit.text.split()
    runs = [" ".join(words[i:j]) for i in range(len(words)) for j in range(i + 1, min(len(words), i + _MOST_WORDS) + 1)]
    best = max(cells or runs, key=lambda text: (token_f1(text, question.answer), -len(text)))
    return best.strip(".,;:|*") if token_f1(best, question.answer) >= _SAID else ""


def ranked(case: Case) -> list[Unit]:
    """Return the units of a case, the likeliest evidence first."""
    return [unit for unit, _ in sorted(case.units, key=lambda pair: -models().unit.logit(pair[1]))]


def best_of(case: Case) -> tuple[str, str]:
    """Return the question and what is read for it."""
    return case.question.text, ranked(case)[0].meaning


def best_answers(case: Case) -> bool:
    """Say whether the unit that is read is evidence."""
    return dict(zip((unit for unit, _ in case.units), case.right, strict=True))[ranked(case)[0]]


def taught(read: list[Read]) -> Trainee:
    """Return a model that learnt to say what it should of each text."""
    weights = generator_weights(GeneratorSettings())
    base = GgufFile(weights.file)
    trainee = Trainee(base, base.weights(), _RANK, SCALE, "bfloat16", _SEED)
    examples = [encoded(trainee, one) for one in read]
    optimiser = torch.optim.AdamW(trainee.trained.values(), lr=_RATE)
    draw, steps, step = random.Random(_SEED), _ROUNDS * -(-len(examples) // _BATCH), 0
    for number in range(_ROUNDS):
        # Batches of like lengths, in random order.
        order = sorted(examples, key=lambda each: len(each.ids) + draw.random() * 30)
        batches = [order[at : at + _BATCH] for at in range(0, len(order), _BATCH)]
        draw.shuffle(batches)
        total = 0.0
        for batch in batches:
            loss = trainee.loss(batch)
            loss.backward()
            optimiser.param_groups[0]["lr"] = _RATE * min(1.0, (step + 1) / 10) * (1 - step / steps)
            optimiser.step()
            optimiser.zero_grad()
            step, total = step + 1, total + float(loss.detach())
        print(f"round {number + 1} of {_ROUNDS}: {len(examples)} texts, loss {total / len(batches):.3f}", flush=True)
    return trainee


def encoded(trainee: Trainee, one: Read) -> Encoded:
    """Return a text with its question and what is said of it as tokens."""
    said = (*trainee.tokenizer.encode(one.said).ids, trainee.end)
    prompt = tokens_of(trainee.tokenizer, one.question, one.text)
    return Encoded((*prompt, *said), len(prompt))


def odds(trainee: Trainee, question: str, text: str) -> float:
    """Return the log odds that a text answers, as a model in training says."""
    each = encoded(trainee, Read(question, text, NONE))
    with torch.inference_mode():
        states = trainee.model.model(input_ids=torch.tensor([each.ids[: each.prompt]])).last_hidden_state[:, -1]
        said = torch.log_softmax(trainee.model.lm_head(states).float(), 1)
    return odds_without(float(said[0, each.ids[each.prompt]]))


def unseen_chances(shown: list[Case], answerer: Answerer) -> np.ndarray:
    """Return what forests that did not see a question say; the one in force saw those of tune."""
    made = [case for question in questions("tune") for case in cases(answerer, question, hide=True)]
    known = unseen(made, answerer_weigher(answerer))
    pairs = zip(known.cases, known.chances, strict=True)
    of_tune = {case.question.id: float(chance) for case, chance in pairs if not case.hidden}
    others = chances_of(shown, answerer_weigher(answerer))
    return np.array([of_tune.get(case.question.id, own) for case, own in zip(shown, others, strict=True)])


def tell(shown: list[Case], weighed: np.ndarray, read: np.ndarray, put: Together) -> None:
    """Print how well each and both tell whether the best unit is evidence, and for each split what thresholds do."""
    best = np.array([best_answers(case) for case in shown])
    both = np.array([put.probability(*pair) for pair in zip(weighed, read, strict=True)])
    for name, values in (("weighed", weighed), ("read", read), ("both", both)):
        print(f"{name:8} area under the curve {roc_auc_score(best, values):.3f}")
    print("answered of the answerable, not answered of the others, from a probability of")
    for threshold in (AnsweringSettings().perhaps, AnsweringSettings().answerable):
        print(f"{threshold:.2f} weighed alone: {answered(shown, weighed >= threshold)}")
    slope, shift = scale()
    for evidence in np.arange(0.05, 0.65, 0.05):
        stands_at = 1 / (1 + np.exp(-(shift + slope * log_odds(evidence))))
        print(f"{stands_at:.2f} both, which is {evidence:.2f} of evidence: {answered(shown, both >= stands_at)}")


def answered(shown: list[Case], over: np.ndarray) -> str:
    """Return for each split which share of the answerable is answered, and of the others not."""
    can = np.array([case.question.answerable for case in shown])
    splits = np.array([case.question.split for case in shown])
    parts = [(name, over[(splits == name) & can], over[(splits == name) & ~can]) for name in dict.fromkeys(splits)]
    return "; ".join(f"{name} {ours.mean():.0%} at {1 - others.mean():.0%}" for name, ours, others in parts)


if __name__ == "__main__":
    main()
