"""The benchmarks of search on anybody's data: chunking with marked spans, and retrieval in BEIR's format."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gristmill.cli.terminal import AsJson, drawn_progress, friendly, open_workspace, out, print_json
from gristmill.errors import SettingsError

if TYPE_CHECKING:
    from enum import StrEnum

    from gristmill.evaluation.benchmarks.parts import SearchParts
    from gristmill.search.trial import TrialText
    from gristmill.settings import ChunkerSettings

Strategies = Annotated[
    str | None,
    typer.Option(
        "--strategy",
        help="fixed, recursive, markdown, semantic, structure; several with commas. Default: the settings'.",
    ),
]
EncoderName = Annotated[
    str | None, typer.Option("--encoder", help="A name of the catalog, or a sentence-transformers folder.")
]
Methods = Annotated[str, typer.Option("--methods", help="Of dense, lexical, hybrid and rrf, with commas.")]


@friendly
def chunking(
    folder: Annotated[Path, typer.Argument(help="Holds 'corpora/*.md' and 'questions.csv'.")],
    strategy: Strategies = None,
    encoder: EncoderName = None,
    methods: Methods = "dense,lexical,hybrid",
    retrieved: Annotated[int, typer.Option("-n", "--retrieved", min=1, max=50, help="How many are retrieved.")] = 5,
    as_json: AsJson = False,
) -> None:
    """Measure recall, precision and IoU of the characters that are retrieved for marked questions.

    'chunks' are retrieved as they were cut; 'focused' is what the product hands on: passages cut down to what matters.
    Vectors are kept below HOME/cache, so a second run is quick.
    """
    from gristmill.cli.rendering_search import chunking_table
    from gristmill.evaluation.benchmarks.chunking import MEASURES, benchmark_chunking, read_chunking_set
    from gristmill.search.methods import Method

    asked, found = _choices(methods, Method, "method"), read_chunking_set(folder)
    with drawn_progress(as_json) as progress:
        parts = search_parts(encoder, progress)
        report = benchmark_chunking(found, parts, _chunkers(strategy, parts.chunker), asked, retrieved)
    if not as_json:
        out.print(chunking_table(report))
        return
    results = [
        {"strategy": r.strategy, "method": r.method, "form": r.form, "chunks": r.chunks, "precision_omega": r.omega}
        | {measure: r.interval(measure)._asdict() for measure in MEASURES}
        for r in report.results
    ]
    print_json({"retrieved": report.retrieved, "questions": report.questions, "results": results})


@friendly
def retrieval(
    folder: Annotated[Path, typer.Argument(help="A set in BEIR's format.")],
    strategy: Strategies = None,
    encoder: EncoderName = None,
    methods: Methods = "dense,lexical,hybrid,rrf",
    tuned: Annotated[
        bool, typer.Option("--tuned", help="Also with the encoder tuned to this corpus, without its questions.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Measure nDCG@10, recall@100 and reciprocal rank of documents, judged relevant or not.

    'rrf' is the plain yardstick: the main encoder and BM25 by their ranks. Vectors are kept below HOME/cache, so a
    second run is quick.
    """
    from gristmill.cli.rendering_search import retrieval_table
    from gristmill.evaluation.benchmarks.retrieval import MEASURES, benchmark_retrieval, read_retrieval_set
    from gristmill.search.methods import Method

    asked, found = _choices(methods, Method, "method"), read_retrieval_set(folder)
    with drawn_progress(as_json) as progress:
        parts = search_parts(encoder, progress)
        cut = [parts.with_chunker(chunker) for chunker in _chunkers(strategy, parts.chunker)]
        reports = [benchmark_retrieval(found, each, asked) for each in cut]
        after = [benchmark_retrieval(found, _tuned(each, found.documents), asked) for each in cut] if tuned else []
    if not as_json:
        out.print(retrieval_table(reports, after))
        return
    head = reports[0]
    results = [
        {"strategy": report.strategy, "encoder": which, "method": r.method, "chunks": report.chunks}
        | {measure: r.interval(measure)._asdict() for measure in MEASURES}
        for which, group in (("as it is", reports), ("tuned", after))
        for report in group
        for r in report.results
    ]
    gained = [
        {"strategy": one.strategy, "method": r.method}
        | {measure: other.difference(r, b, measure)._asdict() for measure in MEASURES}
        for one, other in zip(reports, after, strict=False)
        for b, r in zip(one.results, other.results, strict=True)
    ]
    print_json({"documents": head.documents, "queries": head.queries, "results": results, "gained": gained})


def register(bench: typer.Typer) -> None:
    """Add these commands to those of the other benchmarks."""
    bench.command()(chunking)
    bench.command()(retrieval)


def search_parts(encoder: str | None, progress: Any) -> SearchParts:
    """Return the parts of search that the settings name, with another encoder if one is asked for."""
    from gristmill.evaluation.benchmarks.parts import SearchParts
    from gristmill.models.encoder import TransformerEncoder

    workspace = open_workspace()
    main = workspace.encoder
    if encoder is not None:
        main = TransformerEncoder(_encoder_settings(encoder), workspace.home / "cache" / "encoder-trial-verified.json")
    settings = workspace.settings
    chosen = settings.chunker, settings.search, settings.focus
    parts = SearchParts.cached(workspace.home / "cache", (main, workspace.bridge), chosen, progress)
    return replace(parts, reranker=workspace.reranker_of(settings.search))


def _tuned(parts: SearchParts, documents: Sequence[TrialText]) -> SearchParts:
    """Return the same parts with a memory of these documents, as 'tune encoder' makes one without questions."""
    from gristmill.evaluation.benchmarks.retrieval import told_apart
    from gristmill.learning.remembering import choose
    from gristmill.models.memory import Memory, MemoryEncoder, Pull

    passages = parts.encoder.encode(parts.encoded(told_apart(documents)))
    memory = Memory(passages, passages[:0], passages[:0], Pull())
    memory = memory.pulled(choose(memory, passages[:0], (), len(documents), 1).pull)
    file = parts.cache / "trial-memory.safetensors"
    return replace(parts, encoder=MemoryEncoder(parts.encoder, file, memory.save(file)))


def _encoder_settings(encoder: str) -> Any:
    """Return the settings of a named encoder, or of a folder with the hash that it has now."""
    from gristmill.fingerprint import file_hash
    from gristmill.settings import EncoderSettings

    folder = Path(encoder).expanduser()
    if not folder.is_dir():
        return EncoderSettings(name=encoder)
    weights = folder / "model.safetensors"
    if not weights.is_file():
        raise SettingsError(f"There is no model.safetensors in {folder}.", "Give a sentence-transformers folder.")
    return EncoderSettings(name=folder.name, path=folder, sha256=file_hash(weights))


def _choices(text: str, kind: type[StrEnum], what: str) -> list[Any]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    unknown = [name for name in names if name not in list(kind)]
    if unknown or not names:
        raise SettingsError(f"Unknown {what} '{', '.join(unknown)}'.", f"Known: {', '.join(kind)}.")
    return [kind(name) for name in dict.fromkeys(names)]


def _chunkers(text: str | None, settings: ChunkerSettings) -> list[ChunkerSettings]:
    from gristmill.search.chunkers import STRATEGIES

    if text is None:
        return [settings]
    names = [name.strip() for name in text.split(",") if name.strip()]
    unknown = [name for name in names if name not in STRATEGIES]
    if unknown or not names:
        raise SettingsError(f"Unknown strategy '{', '.join(unknown)}'.", f"Known: {', '.join(STRATEGIES)}.")
    return [settings.model_copy(update={"strategy": name}) for name in dict.fromkeys(names)]
