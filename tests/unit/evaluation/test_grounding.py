"""Evidence is found again where it moved to, and a question without evidence says why it does not count."""

from __future__ import annotations

from gristmill.evaluation.grounding import Corpus, Found, ground, locate
from gristmill.evaluation.questions import Evidence, Question

QUOTE = "The sluice is shut at 22:00 by the night warden."


def question(document: str = "mill.md", quote: str = QUOTE, groups: tuple[str, ...] = ("everyone",)) -> Question:
    return Question("q1", "When is the sluice shut?", "en", "fact", groups, True, "22:00", (Evidence(document, quote),))


def corpus(**texts: str) -> Corpus:
    named = {f"{name}.md": text for name, text in texts.items()}
    return Corpus(named, {name: ["everyone"] for name in named})


def test_a_quote_is_found_word_by_word() -> None:
    text = f"# Mill\n\nBy day it is open. {QUOTE} So it stays."
    found = ground(question(), corpus(mill=text))
    assert found.set_aside is None
    assert text[found.evidence[0].start : found.evidence[0].end] == QUOTE
    assert found.evidence[0].found == Found.VERBATIM


def test_blanks_emphasis_and_case_do_not_matter() -> None:
    text = "By day.\n\nThe **sluice** is\n  shut at 22:00 by the Night Warden. So it stays."
    found = locate(text, QUOTE)
    assert found is not None
    how, start, end = found
    assert how is Found.NORMALISED
    assert text[start:end] == "The **sluice** is\n  shut at 22:00 by the Night Warden."


def test_a_corrected_misspelling_is_nearly_the_same() -> None:
    found = locate("By day. The sluice is shut at 22:00 by our night-warden. So it stays.", QUOTE)
    assert found is not None
    assert found[0] is Found.NEARLY


def test_a_changed_figure_is_changed_evidence() -> None:
    found = ground(question(), corpus(mill="The sluice is shut at 23:00 by the night warden."))
    assert found.set_aside is not None
    assert "not in mill.md any more" in found.set_aside


def test_of_two_places_the_one_near_the_old_one_counts() -> None:
    text = f"{QUOTE}\n{'x ' * 500}\n{QUOTE}"
    assert locate(text, QUOTE, near=1_000) == (Found.VERBATIM, text.rindex(QUOTE), len(text))
    assert locate(text, QUOTE, near=3) == (Found.VERBATIM, 0, len(QUOTE))


def test_evidence_follows_a_renamed_document() -> None:
    found = ground(question("old.md"), corpus(new=f"Rules. {QUOTE}"))
    assert found.set_aside is None
    assert (found.evidence[0].document, found.evidence[0].found) == ("new.md", Found.MOVED)


def test_a_document_that_is_gone_sets_its_question_aside_and_back() -> None:
    gone = ground(question(), corpus(other="Nothing of it."))
    assert gone.set_aside == "its document mill.md is not accepted any more"
    assert ground(gone, corpus(mill=QUOTE)).set_aside is None


def test_a_question_of_someone_who_may_no_longer_see_it_is_set_aside() -> None:
    hidden = Corpus({"mill.md": QUOTE}, {"mill.md": ["board"]})
    assert "may not see" in (ground(question(), hidden).set_aside or "")
