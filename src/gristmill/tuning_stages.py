"""Generator tuning as the command line and the orchestrator run it: examples, training, and what the gate is offered.

What is taught stands in `learning/examples.py`, how in `learning/generator_tuning.py`. Nothing here changes what
answers: tuned models become candidates, and the gate decides on those.
"""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from gristmill.asking import Answerer
from gristmill.contents import Contents, table_contents
from gristmill.corpus.ledger import accepted
from gristmill.corpus.report import Change, Progress, Silent, StageReport
from gristmill.errors import ModelError
from gristmill.evaluation.question_set import read_set, update_questions
from gristmill.fingerprint import lines_hash
from gristmill.learning.estimating import Estimate
from gristmill.learning.examples import (
    Corpus,
    Example,
    Kind,
    LeftOut,
    balanced,
    data_hash,
    examples_of,
    general_examples,
    read_examples,
    teachable,
    write_examples,
)
from gristmill.learning.generator_tuning import Base, Made, Run, Tuned, tune
from gristmill.learning.tuned_models import curve_of, models_of, parents_of, register
from gristmill.models.catalog import generator_weights, training_flops
from gristmill.models.generators import Generator, OpenVinoGenerator
from gristmill.models.gguf import GgufFile, Quantisation
from gristmill.settings import GeneratorSettings
from gristmill.storage.locks import exclusive
from gristmill.storage.tables import TRAINING_EXAMPLES
from gristmill.workspace import Workspace

SILENT = Silent()
# The first one is what is offered first; the gate treats the smaller files as candidates like any other.
FORMS = (Quantisation.Q4, Quantisation.Q8, Quantisation.F16)
_JOULES_PER_WH = 3_600.0
_TRIED_PROMPT = "<|im_start|>user\nSay hello.<|im_end|>\n<|im_start|>assistant\n"


@dataclass(frozen=True)
class Outcome:
    """What tuning came to: the registered models, the form that is offered first at the front, and the curve."""

    run: str
    models: tuple[dict[str, Any], ...]
    curve: tuple[dict[str, Any], ...]
    anew: bool  # whether anything was trained now

    def as_json(self) -> dict[str, Any]:
        """Return the parts that interfaces print."""
        return {"run": self.run, "trained": self.anew, "models": list(self.models), "curve": list(self.curve)}


def examples_stage(workspace: Workspace, progress: Progress = SILENT) -> tuple[StageReport, Contents]:
    """Make the training examples of the questions as they are now, with the passages that are found for them today.

    Raises:
        SearchIndexError: there is no index yet.
    """
    began = time.perf_counter()
    lake, settings = workspace.lake, workspace.settings.tuning
    if not read_set(lake):
        update_questions(lake, workspace.settings)
    questions, left = teachable(read_set(lake))
    made: list[Example] = []
    if questions:
        tools = Answerer(workspace).tools
        progress.start("examples", len(questions))
        writer = _writer(workspace) if settings.preferences else None
        for each in examples_of(questions, tools, _corpus(workspace), writer):
            left, made = ([*left, each], made) if isinstance(each, LeftOut) else (left, [*made, each])
            progress.advance()
    answers = [example for example in made if example.kind is Kind.ANSWER]
    refusals = balanced(made, Kind.REFUSAL, round(settings.refusals * len(answers)))
    general = _general(workspace, round(settings.general * len(answers)))
    examples = [*answers, *refusals, *general]
    new = write_examples(lake, examples)
    numbers = {
        "examples": len(examples), "answers": len(answers), "refusals": len(refusals), "general": len(general),
        "pairs": sum(bool(example.dropped) for example in answers),
        "left_out": len(left), "new": new, "seconds": round(time.perf_counter() - began, 3),
    }  # fmt: skip
    reasons = Counter(each.reason.split(",")[0] if "not for everyone" in each.reason else each.reason for each in left)
    changes = [Change(f"{count} questions", "left out", reason) for reason, count in reasons.most_common()]
    contents = (
        table_contents(lake, TRAINING_EXAMPLES)
        if lake.version(TRAINING_EXAMPLES) >= 0
        else Contents(lake.url, 0, lines_hash(()))
    )
    return StageReport.of("training_examples", numbers, changes), contents


def estimate(workspace: Workspace) -> tuple[str, Estimate]:
    """Return the name of the run that would be made now, and what it would take; nothing is trained.

    Raises:
        SettingsError: there are too few examples.
        ModelError: the generator is not one that can be tuned.
    """
    run = _run(workspace, read_examples(workspace.lake))
    return run.name, run.estimate()


def tuning_stage(
    workspace: Workspace, progress: Progress = SILENT, told: Any = None, forms: Sequence[Quantisation] = FORMS
) -> Outcome:
    """Tune the generator on the stored examples and offer the result to the gate.

    A killed call goes on from its last checkpoint; a finished one is found and not made again.

    Args:
        workspace: the installation.
        progress: told of the steps.
        told: called with the estimate before training starts.
        forms: which files are written; the first is offered first.

    Raises:
        SettingsError: there are too few examples.
        ModelError: the generator cannot be tuned, there is too little memory, or the engine does not read the result.
        BusyError: another process trains on the same home.
    """
    with exclusive(workspace.home / "models" / "lock", "tune generator"):
        examples = read_examples(workspace.lake)
        run = _run(workspace, examples)
        stored = models_of(workspace.lake, run.name)
        if stored and all((workspace.home / row["place"]).is_file() for row in stored):
            return _outcome(workspace, run.name, anew=False)
        foreseen = run.estimate()
        foreseen.require_memory()
        if told is not None:
            told(foreseen)
        tuned = tune(run, forms, progress)
        rows = [_row(workspace, run, tuned, made, examples) for made in tuned.made]
        register(workspace.lake, rows, run.name, tuned.trained.points)
    return _outcome(workspace, run.name, anew=True)


def tuned_report(outcome: Outcome, seconds: float) -> tuple[StageReport, Contents]:
    """Return what a tuning came to for the orchestrator; the form that is offered first tells the numbers."""
    first = outcome.models[0]
    sizes = {row["quantisation"]: row["bytes"] for row in outcome.models}
    numbers = {
        "steps": first["steps"], "held_out_before": first["held_out_before"], "held_out": first["held_out"],
        "examples": first["examples"], "bytes": first["bytes"], "flops": first["flops"],
        "flops_share": first["flops_share"] or 0.0, "energy_wh": first["energy_wh"],
        "tokens_per_second": _median([point["tokens_per_second"] for point in outcome.curve]),
        "pairs": first["pairs"] or 0, "preferred_before": first["preferred_before"] or 0.0,
        "preferred": first["preferred"] or 0.0,
        "trained": int(outcome.anew), "seconds": round(seconds, 3),
        **{f"bytes_{form}": size for form, size in sizes.items()},
    }  # fmt: skip
    changes = [
        Change(row["candidate"], f"{row['quantisation']}, {row['bytes'] / 1e6:.0f} MB",
               f"held-out loss {row['held_out']:.4f} (base {row['held_out_before']:.4f}); 'gristmill gate "
               f"{row['candidate']}' decides")
        for row in outcome.models
    ]  # fmt: skip
    contents = Contents(first["place"], len(outcome.models), first["model"])
    return StageReport.of("tuned_generator", numbers, changes), contents


def curve_as_markdown(curve: Sequence[dict[str, Any]], most: int = 30) -> str:
    """Return a curve as a Markdown table: each step where somebody looked, and the others thinned out."""
    every = max(1, len(curve) // most)
    shown = [p for n, p in enumerate(curve) if n % every == 0 or p["held_out"] is not None or n == len(curve) - 1]
    lines = [
        f"| {p['step']} | {p['phase'] or 'examples'} | {p['loss']:.4f} "
        f"| {'' if p['held_out'] is None else format(p['held_out'], '.4f')} "
        f"| {p['learning_rate']:.2e} | {p['tokens_per_second']:.0f} |"
        for p in shown
    ]
    return "\n".join(
        [
            "| step | learnt from | loss | held out | learning rate | tokens/s |",
            "| --- | --- | --- | --- | --- | --- |",
            *lines,
        ]
    )


def _run(workspace: Workspace, examples: Sequence[Example]) -> Run:
    settings = _tunable(workspace)
    weights = generator_weights(settings)
    weights.verify()
    base = Base(settings.name, weights.file, weights.sha256)
    return Run(base, examples, workspace.settings.tuning, workspace.home / "models")


def _tunable(workspace: Workspace) -> GeneratorSettings:
    """Return the configured generator: tuning starts from it each time, so that mistakes do not pile up."""
    settings = workspace.settings.generator
    if settings.engine == "quote":
        raise ModelError("The generator only quotes: there is nothing to tune.", 'Set [generator] engine = "openvino".')
    return settings


def _row(workspace: Workspace, run: Run, tuned: Tuned, made: Made, examples: Sequence[Example]) -> dict[str, Any]:
    written, account = made.written, tuned.account
    settings = _tunable(workspace).model_copy(
        update={
            "name": f"{run.base.name}-{run.name}-{written.quantisation}",
            "path": written.file.relative_to(workspace.home),
            "sha256": written.sha256,
            "base": run.base.sha256,
        }
    )
    candidate = _offered(workspace, settings)
    training = training_flops(run.base.sha256, GgufFile(run.base.file).shape.parameters)
    watts = workspace.settings.evaluation.watts_per_core
    return {
        "model": written.sha256, "run": run.name, "at": datetime.now(UTC), "name": settings.name,
        "quantisation": str(written.quantisation), "place": str(settings.path), "bytes": written.bytes,
        "base": run.base.name, "base_sha256": run.base.sha256,
        "parents": parents_of(workspace.lake, run.base.sha256), "data_hash": data_hash(examples),
        "examples": len(run.learnt), "settings": json.dumps(run.settings.model_dump(mode="json")),
        "steps": tuned.trained.steps, "held_out_before": tuned.trained.before, "held_out": made.held_out,
        "pairs": tuned.preferred.pairs if tuned.preferred else 0,
        "preferred_before": tuned.preferred.before if tuned.preferred else None,
        "preferred": tuned.preferred.after if tuned.preferred else None,
        "flops": account.flops, "flops_share": None if training is None else account.flops / training,
        "seconds": account.seconds, "energy_wh": account.cpu_seconds * watts / _JOULES_PER_WH,
        "candidate": candidate,
    }  # fmt: skip


def _offered(workspace: Workspace, settings: GeneratorSettings) -> str:
    """Keep the release that a tuned model makes, after the serving engine has read the file and said something."""
    generator = workspace.generator_of(settings)
    if isinstance(generator, OpenVinoGenerator) and not generator.generate(_TRIED_PROMPT).prompt_tokens:
        raise ModelError(f"The engine does not read {settings.path}.", "Report this: the file was written wrongly.")
    release = replace(
        workspace.candidate(), generator=generator.fingerprint, generator_settings=settings.model_dump(mode="json")
    )
    return workspace.registry.keep(release)


def _outcome(workspace: Workspace, run: str, *, anew: bool) -> Outcome:
    order = {str(form): place for place, form in enumerate(FORMS)}
    models = sorted(models_of(workspace.lake, run), key=lambda row: order[row["quantisation"]])
    return Outcome(run, tuple(models), tuple(curve_of(workspace.lake, run)), anew)


def _corpus(workspace: Workspace) -> Corpus:
    rows = accepted(workspace.lake)
    return Corpus(
        dict(rows.select("document", "version").iter_rows()), dict(rows.select("document", "audience").iter_rows())
    )


def _general(workspace: Workspace, most: int) -> list[Example]:
    """Return general examples: those that are stored already, when there are enough, else new ones."""
    if not most or workspace.settings.generator.engine == "quote":
        return []
    stored = [example for example in read_examples(workspace.lake) if example.kind is Kind.GENERAL]
    if len(stored) >= most:
        return balanced(stored, Kind.GENERAL, most)
    return general_examples(workspace.generator_of(workspace.settings.generator), most)


def _writer(workspace: Workspace) -> Generator | None:
    """Return the model that is to be tuned, as it is; None where answers are only quoted."""
    settings = workspace.settings.generator
    return None if settings.engine == "quote" else workspace.generator_of(settings)


def _median(numbers: Sequence[float]) -> float:
    ordered = sorted(numbers)
    return ordered[len(ordered) // 2] if ordered else 0.0
