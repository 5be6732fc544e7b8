"""The process that parses: reads one document at a time from standard input, answers on standard output.

It lives apart because a parser may hang, crash or eat all memory on one damaged file. The parent limits its time and
restarts it; it limits its own memory. Messages are a line of JSON, followed for a request by the document's bytes.
Nothing is pickled.
"""

from __future__ import annotations

import html
import json
import os
import resource
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from typing import IO, Any

from gristmill.corpus.formats import (
    CSV,
    DOCX,
    HTML,
    PDF,
    PPTX,
    READ_AS_TEXT,
    TABULAR,
    XLSX,
    ending_of,
    true_media_type,
)
from gristmill.corpus.hygiene import UNDETERMINED, detect_language, hidden_text, iso_639_1
from gristmill.corpus.merged_cells import fill_sheets, fill_slides
from gristmill.corpus.office import appended, joined_runs, without_pictures
from gristmill.corpus.outcome import Outcome
from gristmill.corpus.pages import locate_pages
from gristmill.corpus.parse_reply import HiddenText, Limits, Reply, tessdata
from gristmill.corpus.pdf_rows import with_rows
from gristmill.corpus.plain import read_plain
from gristmill.corpus.repair import (
    comma_separated,
    lift_table_titles,
    mend_pdf_words,
    unescape,
    with_whole_words,
    without_false_headings,
    without_page_metadata,
)
from gristmill.processes import end_with_parent

# Beyond it nobody looks, and a message of a document must stay below its text's own size.
_MOST_HIDDEN_CHARACTERS = 2_000_000


def parse(data: bytes, promised: str, limits: Limits) -> Reply:
    """Return the Markdown text of one document, or the reason why there is none."""
    if not data:
        return Reply(Outcome.EMPTY, "The file has no bytes.")
    kind = true_media_type(data, promised)
    note = "" if kind == promised else f"Its ending says {ending_of(promised)}, its content is {ending_of(kind)}."
    reply = _plain(data) if kind in READ_AS_TEXT else _extract(data, kind, limits)
    reply.reason = reply.reason or note
    if len(reply.text) > limits.max_characters:
        return Reply(Outcome.TOO_LARGE, f"It gives {len(reply.text):,} characters, over {limits.max_characters:,}.")
    if reply.outcome == Outcome.PARSED:
        reply.language = _language(reply.text) or iso_639_1(reply.language)
        reply.hidden = tuple(_hidden(data, kind, reply.text))
    return reply


def _language(text: str) -> str:
    code = detect_language(text).code
    return "" if code == UNDETERMINED else code


def _hidden(data: bytes, kind: str, text: str) -> Iterator[HiddenText]:
    room = _MOST_HIDDEN_CHARACTERS
    for found in hidden_text(data, kind, parsed=text):
        if len(found.text) > room:
            return
        room -= len(found.text)
        yield HiddenText(found.kind.value, found.text, found.visible_in_output, found.times, found.shown)


def _plain(data: bytes) -> Reply:
    if b"\0" in data[:4096] and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return Reply(Outcome.DAMAGED, "It is binary data, not text.")
    plain = read_plain(data)
    return Reply(
        Outcome.PARSED, text=plain.text, title=plain.fields.get("title", ""), modified=_time(plain.fields.get("date"))
    )


def _extract(data: bytes, kind: str, limits: Limits) -> Reply:
    import kreuzberg

    scan = kind.startswith("image/")
    data = comma_separated(data) if kind == CSV else data
    if scan and not limits.ocr:
        return Reply(Outcome.NEEDS_OCR, "It is an image; install Tesseract to have it read.")
    try:
        result = _opened(data, kind, limits, ocr=scan)
        if kind == PDF and limits.ocr and not result.content.strip():
            result = kreuzberg.extract_bytes_sync(data, kind, config=_config(limits, ocr=True))
    except kreuzberg.KreuzbergError as error:
        return _failure(str(error))
    return _success(result, data, kind, limits)


def _opened(data: bytes, kind: str, limits: Limits, *, ocr: bool) -> Any:
    import kreuzberg

    try:
        return kreuzberg.extract_bytes_sync(data, kind, config=_config(limits, ocr=ocr))
    except kreuzberg.KreuzbergError as error:
        if kind != PPTX or "image" not in str(error).lower():
            raise
        return kreuzberg.extract_bytes_sync(without_pictures(data), kind, config=_config(limits, ocr=ocr))


def _config(limits: Limits, *, ocr: bool) -> Any:
    import kreuzberg

    reading = kreuzberg.OcrConfig(backend="tesseract", language="+".join(limits.ocr_languages)) if ocr else None
    return kreuzberg.ExtractionConfig(
        output_format="markdown",
        use_cache=False,
        enable_quality_processing=False,
        ocr=reading,
        pages=kreuzberg.PageConfig(extract_pages=True),
        language_detection=kreuzberg.LanguageDetectionConfig(enabled=True, min_confidence=0.5),
    )


def _success(result: Any, data: bytes, kind: str, limits: Limits) -> Reply:
    pages = [page["content"] for page in result.pages or []]
    text = _mended(result.content, data, kind, pages)
    if not text.strip():
        if kind == PDF and not limits.ocr:
            return Reply(Outcome.NEEDS_OCR, "It is a scan without text; install Tesseract to have it read.")
        return Reply(Outcome.EMPTY, "It has no text.")
    metadata = result.metadata
    return Reply(
        Outcome.PARSED,
        text=text,
        title=_title(str(metadata.get("title") or metadata.get("subject") or ""), kind),
        language=(result.detected_languages or [""])[0],
        modified=_time(metadata.get("modified_at") or metadata.get("created_at")),
        pages=tuple((page.page, page.start) for page in locate_pages(text, pages)) if len(pages) > 1 else (),
    )


def _title(stated: str, kind: str) -> str:
    return (html.unescape(stated) if kind == HTML else stated).strip()


def _failure(message: str) -> Reply:
    lower = message.lower()
    if "password" in lower or "encrypted" in lower:
        return Reply(Outcome.LOCKED, "It is protected by a password; supply a copy without one.")
    if "tesseract" in lower or "ocr" in lower:
        return Reply(Outcome.NEEDS_OCR, "It is an image that could not be read; install Tesseract with its languages.")
    return Reply(Outcome.DAMAGED, f"It cannot be opened: {message.split(': ', 1)[-1][:200]}.")


def _mended(text: str, data: bytes, kind: str, pages: list[str]) -> str:
    if kind == PDF:
        text = without_false_headings(mend_pdf_words(text, pages))
    if kind == PPTX:
        text = fill_slides(with_whole_words(text, joined_runs(data)), data)
    if kind == XLSX:
        text = fill_sheets(text, data)
    if kind in TABULAR:
        text = lift_table_titles(text)
    text = unescape(without_page_metadata(text) if kind == HTML else text)
    text = with_rows(text, pages) if kind == PDF else text
    more = appended(data) if kind in {DOCX, PPTX, XLSX} else ""
    return f"{text.rstrip()}{more}\n".lstrip() if more else text


def _time(stated: Any) -> str:
    try:
        moment = datetime.fromisoformat(str(stated).replace("Z", "+00:00"))
    except ValueError:
        return ""
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return moment.astimezone(UTC).isoformat()


def serve(requests: IO[bytes], replies: IO[bytes], limits: Limits) -> None:
    """Answer requests until the input ends."""
    while line := requests.readline():
        request = json.loads(line)
        data = requests.read(request["bytes"])
        began = time.perf_counter()
        try:
            reply = parse(data, request["media_type"], limits)
        except MemoryError:
            reply = Reply(Outcome.TOO_LARGE, f"It needs more than {limits.memory_mb} MB of memory to be read.")
        except Exception as error:  # noqa: BLE001 - whatever a parser throws is a reason, never the end of a run
            reply = Reply(Outcome.DAMAGED, f"It cannot be read: {type(error).__name__}: {str(error)[:200]}.")
        reply.seconds = round(time.perf_counter() - began, 6)
        replies.write(json.dumps(asdict(reply)).encode() + b"\n")
        replies.flush()


def main() -> None:
    """Run a worker with the limits of the first argument."""
    end_with_parent()
    fields = json.loads(sys.argv[1])
    limits = Limits(**fields | {"ocr_languages": tuple(fields["ocr_languages"])})
    if (folder := tessdata()) is not None:
        os.environ["TESSDATA_PREFIX"] = folder
    # Libraries print; only this descriptor carries replies.
    replies = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    size = limits.memory_mb << 20
    resource.setrlimit(resource.RLIMIT_AS, (size, size))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    serve(sys.stdin.buffer, replies, limits)


if __name__ == "__main__":
    main()
