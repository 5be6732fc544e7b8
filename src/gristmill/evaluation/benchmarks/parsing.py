"""How much of the words of a file parsing brings out, per format, and that damaged files end in a reason.

Words are compared and not markup: recall is the share of the expected words, each as often as it is expected, that the
parsed text has. Every file is parsed as in a run: in a process with limits of time and memory.
"""

from __future__ import annotations

import html
import re
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from gristmill.corpus.formats import media_type
from gristmill.corpus.outcome import Outcome
from gristmill.corpus.parse_reply import Limits, Reply, tessdata
from gristmill.corpus.workers import Job, parse_all
from gristmill.errors import SourceError
from gristmill.settings import ParserSettings

__all__ = ["FormatResult", "ParsingReport", "benchmark_parsing", "render_parsing", "word_recall"]

# What the expected texts say about a file beside its words: placeholders of pictures, tags, addresses of links.
_NOT_WORDS = re.compile(r"<!--.*?-->|<[^<>]*>|\]\([^)]*\)|https?://\S+|&(?:\w+|#\d+);", re.DOTALL)
_ESCAPE = re.compile(r"\\([_*#\[\]()~`|.\-+!&>])")
_WORD = re.compile(r"[^\W_]+")
_EXPECTED, _MALFORMED = "with_expected_text", "malformed"


@dataclass(frozen=True)
class FormatResult:
    """One format: `recall` is the mean over `compared` files, `lowest` names the worst of them."""

    format: str
    files: int
    parsed: int
    compared: int
    recall: float | None
    lowest: str
    seconds: float


@dataclass(frozen=True)
class ParsingReport:
    """The formats, what became of the malformed files, and the files that failed without a reason."""

    formats: tuple[FormatResult, ...]
    malformed: dict[str, int]
    malformed_seconds: float
    reasons: dict[str, str]
    unexplained: tuple[str, ...]


def benchmark_parsing(folder: Path) -> ParsingReport:
    """Parse all files of a folder with expected texts and of one with malformed files.

    Raises:
        SourceError: there is neither.
    """
    sources = sorted((folder / _EXPECTED).glob("*/sources/*"))
    malformed = sorted(path for path in (folder / _MALFORMED).rglob("*") if path.is_file())
    if not sources and not malformed:
        raise SourceError(f"{folder} holds neither '{_EXPECTED}' nor '{_MALFORMED}'.", "Give the folder that does.")
    replies = _parsed([*sources, *malformed])
    by_format: dict[str, list[Path]] = defaultdict(list)
    for source in sources:
        if source in replies:
            by_format[source.parent.parent.name].append(source)
    failed = {path: reply for path, reply in replies.items() if reply.outcome != Outcome.PARSED}
    return ParsingReport(
        tuple(_format(name, files, replies) for name, files in sorted(by_format.items())),
        dict(Counter(str(Outcome(replies[path].outcome)) for path in malformed if path in replies).most_common()),
        max((replies[path].seconds for path in malformed if path in replies), default=0.0),
        {path.name: reply.reason for path, reply in sorted(failed.items())},
        tuple(path.name for path, reply in sorted(failed.items()) if not reply.reason),
    )


def word_recall(expected: str, found: str) -> float:
    """The share of the expected words, with their repetitions, that were found; 1 if none is expected."""
    wanted, there = Counter(_words(expected)), Counter(_words(found))
    total = wanted.total()
    return (wanted & there).total() / total if total else 1.0


def render_parsing(report: ParsingReport) -> str:
    """The report as a table in plain text."""
    lines = ["format         files  parsed  compared  word recall  slowest  lowest"]
    for one in report.formats:
        recall = "–" if one.recall is None else f"{one.recall:.3f}"
        lines.append(
            f"{one.format:13} {one.files:6} {one.parsed:7} {one.compared:9} {recall:>12} {one.seconds:6.1f} s  "
            f"{one.lowest}"
        )
    outcomes = ", ".join(f"{count} {outcome}" for outcome, count in report.malformed.items())
    lines += ["", f"malformed: {outcomes}; the slowest took {report.malformed_seconds:.1f} s"]
    lines += [f"  {name}: {reason or 'no reason was given'}" for name, reason in report.reasons.items()]
    return "\n".join(lines)


def _parsed(paths: Sequence[Path]) -> dict[Path, Reply]:
    settings = ParserSettings()
    limits = Limits(settings.memory_mb, settings.max_characters, tessdata() is not None, settings.ocr_languages)
    known = [(path, kind) for path in paths if (kind := media_type(path.name)) is not None and kind != "text/markdown"]
    jobs = (Job(str(path), kind, path.read_bytes) for path, kind in known)
    return {Path(job.key): reply for job, reply in parse_all(jobs, limits, settings.seconds, settings.workers)}


def _format(name: str, files: Iterable[Path], replies: dict[Path, Reply]) -> FormatResult:
    found = {path: replies[path] for path in files}
    recalls = {
        path.name: word_recall(truth.read_text("utf-8"), reply.text)
        for path, reply in found.items()
        if reply.outcome == Outcome.PARSED and (truth := path.parents[1] / "groundtruth" / f"{path.name}.md").is_file()
    }
    worst = min(recalls, key=lambda file: recalls[file], default="")
    return FormatResult(
        name,
        len(found),
        sum(reply.outcome == Outcome.PARSED for reply in found.values()),
        len(recalls),
        statistics.fmean(recalls.values()) if recalls else None,
        f"{worst} {recalls[worst]:.2f}" if worst else "",
        max(reply.seconds for reply in found.values()),
    )


def _words(text: str) -> list[str]:
    return _WORD.findall(html.unescape(_NOT_WORDS.sub(" ", html.unescape(_ESCAPE.sub(r"\1", text)))).casefold())
