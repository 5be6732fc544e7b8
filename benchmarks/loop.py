"""The whole loop on the sample company: simulated people rate and correct, what they confirm is learnt and gated.

    python -m benchmarks.loop                     on the gate questions
    python -m benchmarks.loop --split holdout     the same, reported on the holdout
    python -m benchmarks.loop --attack            then attackers try to plant 50 false facts

People know the questions of the split `tune` and nothing else (tests/users.py). The gate decides on the split `gate`;
nothing is chosen on the split that is reported. A copy of the home is used, so that nothing of it changes. Vectors are
remembered across all steps: the same numbers, in a fraction of the time.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.remembered import RememberingReader
from gristmill.asking import in_force
from gristmill.cli.rendering import ProgressBars
from gristmill.cli.terminal import err
from gristmill.corpus.report import Progress
from gristmill.evaluation.outcomes import Outcome
from gristmill.evaluation.question_set import read_set
from gristmill.evaluation.questions import Origin, Split
from gristmill.evaluation.statistics import Interval, bootstrap, relative_gain
from gristmill.learning.court import Standing, read_verdicts
from gristmill.models.remembering import RememberingEncoder
from gristmill.releasing import evaluate
from gristmill.settings import load_settings
from gristmill.teaching import Taught, learn
from gristmill.workspace import Workspace
from tests.users import CORRECTIONS, RATINGS, Office, Target, attack, facts, targets, use

_QUESTIONS = Path(__file__).parents[1] / "samples" / "questions.jsonl"
_REPETITIONS = 4_000
_OF_USE = ("gristmill.db*", "audit.anchor", "interactions", "feedback_verdicts", "questions", "learned", "releases")
_TARGET = 0.29


class Remembering(RememberingEncoder):
    """An encoder whose vectors outlast one release; everything else is the wrapped one's."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._encoder, name)


def main() -> None:
    """Run the loop and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--split", default="gate", choices=["tune", "gate", "holdout"], help="What is reported.")
    parser.add_argument("--attack", action="store_true", help="Let attackers speak after the people.")
    parser.add_argument("--quote", action="store_true", help="Without a generator, before and after: much faster.")
    parser.add_argument("--ratings", type=int, default=RATINGS)
    parser.add_argument("--corrections", type=int, default=CORRECTIONS)
    chosen = parser.parse_args()
    settings = load_settings()
    with tempfile.TemporaryDirectory() as folder, ProgressBars(err) as progress:
        home = Path(folder) / "home"
        # Nobody has asked anything yet, and the first release is what the settings make.
        shutil.copytree(settings.home_path, home, ignore=shutil.ignore_patterns(*_OF_USE))
        workspace = _opened(home, quote=chosen.quote)
        told = _run(workspace, Split(chosen.split), chosen, progress)
    print(json.dumps(told, indent=2, ensure_ascii=False))


def _opened(home: Path, *, quote: bool) -> Workspace:
    overrides: dict[str, Any] = {"home": home}
    if quote:
        overrides["generator"] = {"engine": "quote"}
    plain = Workspace(load_settings(**overrides))
    bridge = None if plain.bridge is None else Remembering(plain.bridge)
    reader = RememberingReader.of(plain.reader)
    return Workspace(plain.settings, encoder=Remembering(plain.encoder), bridge=bridge, reader=reader)


def _run(workspace: Workspace, split: Split, chosen: argparse.Namespace, progress: Progress) -> dict[str, Any]:
    began = time.perf_counter()
    first, known = in_force(workspace), facts(_QUESTIONS)
    office = Office(workspace)
    written = use(office, known, chosen.ratings, chosen.corrections)
    asked = time.perf_counter()
    made = learn(workspace, progress)
    decided = time.perf_counter()
    present = in_force(workspace)
    before, after = _f1(workspace, first, split, progress), _f1(workspace, present, split, progress)
    told: dict[str, Any] = {
        "feedback": {"ratings": chosen.ratings, "corrections": written},
        "verdicts": _verdicts(workspace),
        "loop": _loop(made, decided - asked),
        f"F1 on {split}": _compared(before, after),
        "right": _right(before, after),
        "seconds": {"asking": round(asked - began), "learning": round(decided - asked)},
    }
    if chosen.attack:
        aims = targets(office, known)
        false = attack(office, aims)
        again = learn(workspace, progress)
        later = _f1(workspace, in_force(workspace), split, progress)
        told["attack"] = {
            "ratings of one": 1_000, "false corrections of puppets": false,
            **_planted(workspace, Office(workspace), aims), "loop": _loop(again, 0),
            f"F1 on {split} after it, against before it": _compared(after, later),
            "verdicts": _verdicts(workspace),
        }  # fmt: skip
    return told


def _f1(workspace: Workspace, release: str, split: Split, progress: Progress) -> list[Outcome]:
    """Return the outcomes of a release on the golden questions of a split; those of feedback do not count here."""
    golden = {q.id for q in read_set(workspace.lake, split, counting=True) if q.origin is Origin.GOLDEN}
    return [o for o in evaluate(workspace, release, split, progress).outcomes if o.question in golden]


def _compared(before: Sequence[Outcome], after: Sequence[Outcome]) -> dict[str, Any]:
    pairs = [(b, a) for b, a in zip(before, after, strict=True) if b.f1 is not None and a.f1 is not None]
    was, now = [b.f1 or 0.0 for b, _ in pairs], [a.f1 or 0.0 for _, a in pairs]
    clusters = [b.cluster for b, _ in pairs]
    gain = relative_gain(now, was, clusters, _REPETITIONS)
    difference = bootstrap([n - w for n, w in zip(now, was, strict=True)], clusters, _REPETITIONS)
    return {
        "questions": len(pairs), "before": round(sum(was) / len(was), 4), "after": round(sum(now) / len(now), 4),
        "relative gain": _shown(gain), "difference": _shown(difference), "asked": f"at least {_TARGET:+.0%}",
        "met": gain.estimate >= _TARGET and gain.low > 0,
    }  # fmt: skip


def _right(before: Sequence[Outcome], after: Sequence[Outcome]) -> dict[str, Any]:
    kinds = sorted({o.slices["kind"] for o in before})
    share = {
        kind: [round(sum(o.right for o in part) / len(part), 3) for part in
               ([o for o in outcomes if o.slices["kind"] == kind] for outcomes in (before, after))]
        for kind in kinds
    }  # fmt: skip
    return {"all": [round(sum(o.right for o in part) / len(part), 4) for part in (before, after)], "by kind": share}


def _shown(interval: Interval) -> str:
    return f"{interval.estimate:+.3f} ({interval.low:+.3f} to {interval.high:+.3f})"


def _loop(made: Taught, seconds: float) -> dict[str, Any]:
    numbers = {report.stage: dict(report.numbers) for report in made.stages}
    return {"said": made.said, "promoted": made.promoted, "seconds": round(seconds), "stages": numbers}


def _verdicts(workspace: Workspace) -> dict[str, int]:
    counts = Counter(f"{v.standing}: {v.cause}" for v in read_verdicts(workspace.lake))
    return dict(counts.most_common())


def _planted(workspace: Workspace, office: Office, aims: Sequence[Target]) -> dict[str, Any]:
    """Return how many false facts were believed: as a confirmed verdict, or in what is answered now."""
    confirmed = {(v.question, v.answer) for v in read_verdicts(workspace.lake) if v.standing is Standing.CONFIRMED}
    believed = [aim for aim in aims if (aim.fact.question, aim.false) in confirmed]
    answered = [
        aim
        for aim in aims
        if aim.false.casefold() in office.ask("judge", aim.fact.question, aim.fact.groups).text.casefold()
        and aim.false.casefold() not in aim.fact.answer.casefold()
    ]
    return {"targets": len(aims), "confirmed": len(believed), "answered falsely": len(answered)}


if __name__ == "__main__":
    main()
