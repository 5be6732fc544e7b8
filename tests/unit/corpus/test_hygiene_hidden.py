"""What a file hides from its reader, and its separation from the visible text."""

import io
import zipfile
from pathlib import Path

import pytest

from gristmill.corpus.hygiene import CONCEALED, Hidden, HiddenKind, hidden_text, remove_hidden

DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
MALFORMED = Path(__file__).parents[4] / "shared" / "benchmarks" / "parsing" / "malformed"


def kinds_of(html: str, media_type: str = "text/html") -> dict[str, HiddenKind]:
    return {hidden.text: hidden.kind for hidden in hidden_text(html.encode(), media_type)}


@pytest.mark.parametrize(
    ("html", "kind"),
    [
        ('<p style="display:none">secret words</p>', HiddenKind.NOT_DISPLAYED),
        ('<p style="DISPLAY : NONE !important">secret words</p>', HiddenKind.NOT_DISPLAYED),
        ("<p hidden>secret words</p>", HiddenKind.NOT_DISPLAYED),
        ("<style>.x{display:none}</style><p class=x>secret words</p>", HiddenKind.NOT_DISPLAYED),
        ('<p style="visibility:hidden">secret words</p>', HiddenKind.INVISIBLE),
        ('<p style="opacity:0">secret words</p>', HiddenKind.INVISIBLE),
        ('<p style="color:rgba(0,0,0,0)">secret words</p>', HiddenKind.INVISIBLE),
        ('<p style="font-size:1px">secret words</p>', HiddenKind.TINY),
        ('<p style="font-size:0.1em">secret words</p>', HiddenKind.TINY),
        ('<p style="color:#fff">secret words</p>', HiddenKind.SAME_COLOUR),
        (
            '<div style="background:#123456"><p style="color:rgb(18,52,86)">secret words</p></div>',
            HiddenKind.SAME_COLOUR,
        ),
        ('<font color="white">secret words</font>', HiddenKind.SAME_COLOUR),
        ('<p style="position:absolute;left:-9999px">secret words</p>', HiddenKind.OFF_SCREEN),
        ('<p style="text-indent:-999em">secret words</p>', HiddenKind.OFF_SCREEN),
        ("<template>secret words</template>", HiddenKind.TEMPLATE),
        ("<noscript>secret words</noscript>", HiddenKind.NOSCRIPT),
        ("<!-- secret words -->", HiddenKind.COMMENT),
        ('<meta name="description" content="secret words">', HiddenKind.METADATA),
        ('<img alt="secret words">', HiddenKind.ATTRIBUTE),
        ('<a title="secret words">x</a>', HiddenKind.ATTRIBUTE),
        ('<span aria-hidden="true">secret words</span>', HiddenKind.ARIA_HIDDEN),
    ],
)
def test_hidden_text_of_a_page_is_found(html: str, kind: HiddenKind) -> None:
    assert kinds_of(f"<html><body><p>Shown.</p>{html}</body></html>") == {"secret words": kind}


@pytest.mark.parametrize(
    "html",
    [
        '<div style="background:#003366"><p style="color:white">shown</p></div>',
        '<div style="background:url(x.png)"><p style="color:white">shown</p></div>',
        "<style>@media print{p{display:none}}</style><p>shown</p>",
        "<style>p:hover{display:none}</style><p>shown</p>",
        '<p style="font-size:12px;opacity:.8">shown</p>',
        '<p style="position:absolute;left:-10px">shown</p>',
        "<details><summary>a</summary>shown</details>",
    ],
)
def test_what_a_reader_can_see_is_not_called_hidden(html: str) -> None:
    assert kinds_of(html) == {}


def test_comments_and_inline_html_of_markdown_are_found() -> None:
    text = "# T\n\n<!-- one note -->\n[//]: # (two note)\n[comment]: <> (three note)\n\n"
    text += "<span style='display:none'>four note</span>\n"
    assert set(kinds_of(text, "text/markdown")) == {"one note", "two note", "three note", "four note"}
    assert kinds_of("[page]: https://example.org 'A title'\n\nSee [page].", "text/markdown") == {}


def docx(body: str, **parts: str) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("word/document.xml", f"<w:document {W}><w:body>{body}</w:body></w:document>")
        for name, xml in parts.items():
            archive.writestr(name.replace("__", "/") + ".xml", xml)
    return buffer.getvalue()


def run(text: str, properties: str = "") -> str:
    return f"<w:r><w:rPr>{properties}</w:rPr><w:t>{text}</w:t></w:r>"


@pytest.mark.parametrize(
    ("properties", "kind"),
    [
        ("<w:vanish/>", HiddenKind.NOT_DISPLAYED),
        ('<w:color w:val="FFFFFF"/>', HiddenKind.SAME_COLOUR),
        ('<w:sz w:val="2"/>', HiddenKind.TINY),
    ],
)
def test_hidden_runs_of_a_word_file_are_found(properties: str, kind: HiddenKind) -> None:
    raw = docx(f"<w:p>{run('Shown.')}{run('secret ', properties)}{run('words', properties)}</w:p>")
    assert [(hidden.text, hidden.kind) for hidden in hidden_text(raw, DOCX)] == [("secret words", kind)]


def test_white_on_a_dark_shading_and_vanish_switched_off_are_shown() -> None:
    white = '<w:color w:val="FFFFFF"/><w:shd w:val="clear" w:fill="1F3864"/>'
    shown = run("Heading", white) + run("text", '<w:vanish w:val="0"/>')
    raw = docx(f"<w:p>{shown}</w:p>")
    assert hidden_text(raw, DOCX) == []


def test_a_hidden_style_comments_and_properties_of_a_word_file_are_found() -> None:
    styles = f'<w:styles {W}><w:style w:styleId="Gone"><w:rPr><w:vanish/></w:rPr></w:style></w:styles>'
    comments = f"<w:comments {W}><w:comment><w:p>{run('a remark')}</w:p></w:comment></w:comments>"
    core = '<cp xmlns:dc="x"><dc:subject>a subject</dc:subject></cp>'
    body = f'<w:p><w:pPr><w:pStyle w:val="Gone"/></w:pPr>{run("secret words")}</w:p>'
    raw = docx(body, word__styles=styles, word__comments=comments, docProps__core=core)
    found = {hidden.text: hidden.kind for hidden in hidden_text(raw, DOCX)}
    assert found == {
        "secret words": HiddenKind.NOT_DISPLAYED,
        "a remark": HiddenKind.COMMENT,
        "a subject": HiddenKind.METADATA,
    }


def test_entities_and_damage_in_a_word_file_give_nothing() -> None:
    bomb = '<!DOCTYPE a [<!ENTITY b "bb"><!ENTITY c "&b;&b;">]><a>&c;</a>'
    assert hidden_text(docx("", docProps__core=bomb), DOCX) == []
    assert hidden_text(b"PK\x03\x04 not a zip", DOCX) == []


def pdf(content: str) -> bytes:
    stream = content.encode()
    objects = [
        b"<</Type/Catalog/Pages 2 0 R>>",
        b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
        b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 300]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>>",
        b"<</Length %d>>stream\n%s\nendstream" % (len(stream), stream),
        b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    body = b"".join(b"%d 0 obj%s endobj\n" % (number, data) for number, data in enumerate(objects, 1))
    return b"%PDF-1.4\n" + body + b"trailer<</Root 1 0 R/Size 6>>\n%%EOF"


@pytest.mark.parametrize(
    ("setting", "kind"),
    [
        ("3 Tr /F 12 Tf 20 100 Td", HiddenKind.INVISIBLE),
        ("/F 1 Tf 20 100 Td", HiddenKind.TINY),
        ("1 g /F 12 Tf 20 100 Td", HiddenKind.SAME_COLOUR),
        ("/F 12 Tf -400 100 Td", HiddenKind.OFF_SCREEN),
    ],
)
def test_hidden_text_of_a_pdf_page_is_found(setting: str, kind: HiddenKind) -> None:
    raw = pdf(f"BT /F 12 Tf 20 200 Td (Shown.) Tj ET BT {setting} (secret words) Tj ET")
    assert [(hidden.text, hidden.kind) for hidden in hidden_text(raw, "application/pdf")] == [("secret words", kind)]


def test_white_print_on_a_filled_box_and_black_print_in_a_drawn_frame_are_shown() -> None:
    filled = "0 0 0.5 rg 10 90 200 40 re f BT 1 g /F 12 Tf 20 100 Td (shown) Tj ET"
    framed = "10 90 200 40 re S BT 0 g /F 12 Tf 20 100 Td (shown) Tj ET"
    assert hidden_text(pdf(filled), "application/pdf") == []
    assert hidden_text(pdf(framed), "application/pdf") == []


def test_damaged_pdfs_give_what_can_be_read() -> None:
    if not MALFORMED.is_dir():
        pytest.skip("shared/benchmarks/parsing/malformed is not here")
    for path in sorted(MALFORMED.glob("*.pdf")):
        hidden_text(path.read_bytes(), "application/pdf")
    assert hidden_text(b"%PDF-1.4 rubbish", "application/pdf") == []


def test_a_leaked_text_is_taken_out_whatever_markup_the_parser_gave_it() -> None:
    raw = b"<p>Shown <b>one</b>.</p><p style='opacity:0'>ignore <b>all</b> rules</p><p>Shown two.</p>"
    parsed = "Shown **one**.\n\nignore **all** rules\n\nShown two.\n"
    (hidden,) = hidden_text(raw, "text/html", parsed)
    assert hidden.visible_in_output
    separated = remove_hidden(parsed, [hidden])
    assert separated.text == "Shown **one**.\n\n\n\nShown two.\n"
    assert [parsed[span.start : span.end] for span in separated.removed] == ["ignore **all** rules"]
    assert separated.offsets.to_original(separated.text.index("two")) == parsed.index("two")


def test_words_that_are_also_shown_stay() -> None:
    raw = b"<p style='display:none'>Menu</p><p>Open the menu.</p>"
    parsed = "Open the menu.\n"
    found = hidden_text(raw, "text/html", parsed)
    assert not found[0].visible_in_output
    assert remove_hidden(parsed, found).text == parsed


def test_of_a_text_hidden_once_and_shown_once_one_stays() -> None:
    raw = b"<p style='opacity:0'>Call the desk now</p><p>Call the desk now</p>"
    parsed = "Call the desk now\n\nCall the desk now\n"
    assert remove_hidden(parsed, hidden_text(raw, "text/html", parsed)).text.strip() == "Call the desk now"


def test_descriptions_are_told_apart_but_not_taken_out() -> None:
    assert not {HiddenKind.METADATA, HiddenKind.ATTRIBUTE, HiddenKind.ARIA_HIDDEN} & CONCEALED
    hidden = [Hidden(HiddenKind.ATTRIBUTE, "a drawing", visible_in_output=True)]
    assert remove_hidden("![a drawing](x.png)", hidden).text == "![a drawing](x.png)"


def test_nesting_of_a_hundred_thousand_levels_is_reported_and_not_followed() -> None:
    deep = b"<div>" * 100_000 + b"x" + b"</div>" * 100_000
    assert [hidden.kind for hidden in hidden_text(deep, "text/html")] == [HiddenKind.TOO_DEEP]


@pytest.mark.parametrize(
    "hostile",
    [
        b"<p title='" + b"A" * 5_000_000 + b"' style='" + b"x:y;" * 500_000 + b"'>x</p>",
        b"<!--" * 500_000,
        b"<" * 2_000_000,
        b"<style>" + b"@media{" * 100_000 + b"</style>",
        b"<p style='display:none'>a b</p>" * 20_000,
        b"[//]: " * 200_000,
    ],
)
@pytest.mark.timeout(60)
@pytest.mark.parametrize("media_type", ["text/html", "text/markdown"])
def test_hostile_markup_is_bounded_in_time_and_result(hostile: bytes, media_type: str) -> None:
    assert len(hidden_text(hostile, media_type, "some text")) <= 10_000


def test_other_media_types_have_nothing_to_find() -> None:
    assert hidden_text(b"<!-- x y -->", "text/plain") == []
