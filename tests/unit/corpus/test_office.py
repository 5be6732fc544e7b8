"""What the parsing library leaves out of slides, sheets and Word files."""

from __future__ import annotations

import io
import re
import zipfile
from pathlib import Path

import pytest

from gristmill.corpus.formats import DOCX, PPTX, XLSX
from gristmill.corpus.merged_cells import Merge, fill_sheets, fill_slides
from gristmill.corpus.office import appended, joined_runs, parts, without_pictures
from gristmill.corpus.parse_reply import Limits, Reply
from gristmill.corpus.parse_worker import parse
from gristmill.corpus.repair import with_whole_words
from gristmill.evaluation.benchmarks.parsing import benchmark_parsing

PARSING = Path(__file__).parents[4] / "shared" / "benchmarks" / "parsing"
LEAST_RECALL = 0.95


def parsed(data: bytes, kind: str) -> Reply:
    return parse(data, kind, Limits(2048, 1_000_000, ocr=False, ocr_languages=()))


def saved(made: object) -> bytes:
    out = io.BytesIO()
    made.save(out)  # type: ignore[attr-defined]
    return out.getvalue()


def presentation() -> bytes:
    pptx = pytest.importorskip("pptx")
    from pptx.chart.data import CategoryChartData
    from pptx.enum.chart import XL_CHART_TYPE
    from pptx.util import Inches

    made = pptx.Presentation()
    slide = made.slides.add_slide(made.slide_layouts[5])
    slide.shapes.title.text = "Castings"
    place = Inches(1), Inches(1), Inches(4), Inches(2)
    table = slide.shapes.add_table(3, 2, *place).table
    for row, cells in enumerate([("foundry", "weeks"), ("Kaldvik", "7"), ("", "9")]):
        for column, text in enumerate(cells):
            table.cell(row, column).text = text
    table.cell(1, 0).merge(table.cell(2, 0))
    data = CategoryChartData()
    data.categories = ["2024", "2025"]
    data.add_series("Tonnes", (120, 135))
    slide.shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, *place, data)
    paragraph = slide.shapes.add_textbox(*place).text_frame.paragraphs[0]
    for text, bold in (("S", True), ("ome info about the bore", False)):
        run = paragraph.add_run()
        run.text, run.font.bold = text, bold
    return saved(made)


def workbook(*, reversed_order: bool = False) -> bytes:
    openpyxl = pytest.importorskip("openpyxl")
    from openpyxl.chart import BarChart, Reference
    from openpyxl.comments import Comment

    made = openpyxl.Workbook()
    sheet = made.active
    for row in (("site", "year", "sold"), ("Leat", 2024, 12), (None, 2025, 15)):
        sheet.append(row)
    sheet.merge_cells("A2:A3")
    sheet["C3"].comment = Comment("Counted by hand.", "Dilys Ormerod")
    chart = BarChart()
    chart.title = "Sold by year"
    chart.add_data(Reference(sheet, min_col=3, min_row=1, max_row=3), titles_from_data=True)
    sheet.add_chart(chart, "F2")
    other = made.create_sheet("Other")
    for part in (("part", "grams"), ("ring", 3), ("key", 4)):
        other.append(part)
    if reversed_order:
        made.move_sheet(other, offset=-1)
    return saved(made)


def test_a_merged_cell_of_a_slide_stands_in_every_row_that_it_covers() -> None:
    assert re.search(r"\| Kaldvik \| 9 \|", parsed(presentation(), PPTX).text)


def test_a_chart_of_a_slide_is_a_table() -> None:
    text = parsed(presentation(), PPTX).text
    assert "| 2024 | 120.0 |" in text or "| 2024 | 120 |" in text
    assert "Tonnes" in text


def test_words_of_slides_are_whole_where_their_style_changes() -> None:
    assert "Some info about the bore" in parsed(presentation(), PPTX).text.replace("*", "")


@pytest.mark.parametrize("reversed_order", [False, True])
def test_a_merged_cell_of_a_sheet_stands_in_every_row_that_it_covers(reversed_order: bool) -> None:
    text = parsed(workbook(reversed_order=reversed_order), XLSX).text
    assert re.search(r"\| Leat \| 2025 \| 15 \|", text)
    assert re.search(r"\| key \| 4 \|", text)


def test_a_note_at_a_cell_names_its_author() -> None:
    assert "Comment by Dilys Ormerod: Counted by hand." in parsed(workbook(), XLSX).text


def test_a_title_over_the_whole_width_is_written_once() -> None:
    openpyxl = pytest.importorskip("openpyxl")
    made = openpyxl.Workbook()
    for row in (("Prices 2026", None, None), ("part", "grams", "price"), ("ring", 3, 4)):
        made.active.append(row)
    made.active.merge_cells("A1:C1")
    assert parsed(saved(made), XLSX).text.count("Prices 2026") == 1


def test_a_picture_that_is_missing_costs_the_presentation_nothing_else() -> None:
    source = io.BytesIO(presentation())
    broken = io.BytesIO()
    with zipfile.ZipFile(source) as archive, zipfile.ZipFile(broken, "w") as copy:
        for part in archive.infolist():
            content = archive.read(part)
            if part.filename.endswith("slides/slide1.xml"):
                picture = (
                    b'<p:pic><p:nvPicPr><p:cNvPr id="90" name="x"/><p:cNvPicPr/><p:nvPr/></p:nvPicPr>'
                    b"<p:blipFill/><p:spPr/></p:pic>"
                )
                content = content.replace(b"</p:spTree>", picture + b"</p:spTree>")
            copy.writestr(part.filename, content)
    assert "Castings" in parsed(broken.getvalue(), PPTX).text
    assert b"p:pic>" not in zipfile.ZipFile(io.BytesIO(without_pictures(broken.getvalue()))).read(
        "ppt/slides/slide1.xml"
    )


@pytest.mark.parametrize("data", [b"", b"PK\x03\x04 no zip", b"<html>"])
def test_what_is_no_office_file_adds_nothing(data: bytes) -> None:
    assert (appended(data), joined_runs(data)) == ("", {})
    assert fill_slides("| a |\n| --- |", data) == fill_sheets("| a |\n| --- |", data) == "| a |\n| --- |"


def zipped(name: str, content: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return out.getvalue()


def test_a_part_that_is_too_large_or_has_entities_is_not_read() -> None:
    bomb = b'<!DOCTYPE a [<!ENTITY x "1">]><chartSpace><title><t>&x;</t></title></chartSpace>'
    assert appended(zipped("xl/charts/chart1.xml", bomb)) == ""
    assert list(parts(zipped("xl/charts/chart1.xml", b"<a>" + b" " * 17_000_000 + b"</a>"), re.compile(".*"))) == []


def test_a_table_that_does_not_agree_with_the_file_stays() -> None:
    assert fill_slides("| a | b |\n| --- | --- |\n|  | c |", presentation()).count("Kaldvik") == 0
    assert Merge(0, 0, 1, 0).text is None


def test_only_whole_lines_are_put_together() -> None:
    assert (
        with_whole_words("- S ome info\nS ome information", {"S ome info": "Some info"})
        == "- Some info\nS ome information"
    )


def test_comments_of_word_files_are_hidden_text_and_not_appended() -> None:
    comment = b'<w:comments xmlns:w="w"><w:comment><w:p><w:r><w:t>secret</w:t></w:r></w:p></w:comment></w:comments>'
    assert appended(zipped("word/comments.xml", comment)) == ""
    assert DOCX.endswith("document")


@pytest.mark.skipif(not PARSING.exists(), reason="shared/benchmarks/parsing is not here")
def test_most_words_of_every_format_are_read() -> None:
    report = benchmark_parsing(PARSING)
    assert not report.unexplained
    assert {
        one.format: one.recall for one in report.formats if one.recall is not None and one.recall < LEAST_RECALL
    } == {}
