"""The benchmarks of search on small sets, their errors, and their commands."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from gristmill.cli.app import app
from gristmill.errors import SourceError
from gristmill.evaluation.benchmarks.chunking import Form, benchmark_chunking, read_chunking_set
from gristmill.evaluation.benchmarks.retrieval import benchmark_retrieval, ranking, read_retrieval_set
from gristmill.search.methods import Method
from gristmill.workspace import Workspace
from tests.fakes import FakeEncoder
from tests.trials import PARTS, parts_in, write_beir, write_spans


def test_a_set_in_beirs_format_is_read_and_a_score_of_zero_is_not_relevant(tmp_path: Path) -> None:
    found = read_retrieval_set(write_beir(tmp_path / "set"))
    assert len(found.documents) == len(found.queries) == len(PARTS)
    assert found.relevant["q0"] == {"d0"}
    assert found.relevant["q3"] == {"d3"}


def test_every_method_finds_the_documents_that_name_what_is_asked_for(tmp_path: Path) -> None:
    found = read_retrieval_set(write_beir(tmp_path / "set"))
    report = benchmark_retrieval(found, parts_in(tmp_path / "cache"), list(Method))
    means = {result.method: result.interval("nDCG@10").mean for result in report.results}
    assert means[Method.LEXICAL] == pytest.approx(1.0)
    assert min(means.values()) > 0.4
    assert all(result.interval("recall@100").mean == 1.0 for result in report.results)
    hybrid, dense = report.results[2], report.results[0]
    assert report.difference(hybrid, dense, "nDCG@10").mean == pytest.approx(means[hybrid.method] - means[dense.method])


def test_a_query_does_not_find_itself(tmp_path: Path) -> None:
    folder = write_beir(tmp_path / "set")
    corpus = (folder / "corpus.jsonl").read_text()
    (folder / "corpus.jsonl").write_text(corpus + '{"_id": "q0", "text": "who looks after the wheel?"}\n')
    found = read_retrieval_set(folder)
    (result,) = benchmark_retrieval(found, parts_in(tmp_path / "cache"), [Method.LEXICAL]).results
    assert result.values["MRR"][0] == 1.0


def test_a_document_without_text_is_found_by_its_title(tmp_path: Path) -> None:
    folder = write_beir(tmp_path / "set")
    with (folder / "corpus.jsonl").open("a") as stream:
        stream.write('{"_id": "t", "title": "Weathercock", "text": ""}\n{"_id": "empty", "title": "", "text": ""}\n')
    parts, found = parts_in(tmp_path / "cache"), read_retrieval_set(folder)
    assert benchmark_retrieval(found, parts, [Method.LEXICAL]).documents == len(PARTS) + 2
    from gristmill.evaluation.benchmarks.retrieval import told_apart

    with parts.searcher(told_apart(found.documents)) as searcher:
        assert ranking(searcher, "weathercock", 1)[0] == "t"


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("corpus.jsonl", "{", "Line 1 of .*corpus.jsonl is not a JSON object"),
        ("queries.jsonl", '{"text": "no id"}', "Line 1 of .*queries.jsonl"),
        ("qrels/test.tsv", "query-id\tcorpus-id\tscore\nq0\td0\n", r"Line 2 of .*test.tsv"),
        ("qrels/test.tsv", "query-id\tcorpus-id\tscore\nq0\tnobody\t1\n", "No query of"),
        ("corpus.jsonl", None, "corpus.jsonl cannot be read"),
    ],
)
def test_what_is_wrong_with_a_set_is_named(tmp_path: Path, file: str, content: str | None, said: str) -> None:
    folder = write_beir(tmp_path / "set")
    (folder / file).unlink() if content is None else (folder / file).write_text(content)
    with pytest.raises(SourceError, match=said):
        read_retrieval_set(folder)


def test_focus_hands_on_less_and_keeps_what_answers(tmp_path: Path) -> None:
    found = read_chunking_set(write_spans(tmp_path / "set"))
    parts = parts_in(tmp_path / "cache", focus={"tokens": 48})
    report = benchmark_chunking(found, parts, [parts.chunker], [Method.LEXICAL], 3)
    by_form = {result.form: result for result in report.results}
    assert by_form[Form.CHUNKS].interval("recall").mean == pytest.approx(1.0)
    assert by_form[Form.FOCUSED].interval("recall").mean > 0.95
    assert by_form[Form.FOCUSED].interval("IoU").mean > 1.5 * by_form[Form.CHUNKS].interval("IoU").mean
    assert 0 < by_form[Form.CHUNKS].omega < 1


def test_a_reference_beyond_its_text_is_an_error_that_names_the_question(tmp_path: Path) -> None:
    folder = write_spans(tmp_path / "set")
    (folder / "corpora" / "mill.md").write_text("short")
    with pytest.raises(SourceError, match=r"Question 1 of .* refers to characters 0 to"):
        read_chunking_set(folder)


def test_a_folder_without_corpora_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="There are no corpora in"):
        read_chunking_set(tmp_path)


def test_a_second_run_encodes_nothing(tmp_path: Path) -> None:
    found = read_retrieval_set(write_beir(tmp_path / "set"))
    first, second = FakeEncoder(), FakeEncoder()
    one = benchmark_retrieval(found, parts_in(tmp_path / "cache", first), [Method.HYBRID])
    other = benchmark_retrieval(found, parts_in(tmp_path / "cache", second), [Method.HYBRID])
    assert first.encoded
    assert not second.encoded
    assert one == other


def test_the_commands_print_json_and_name_what_they_do_not_know(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRISTMILL_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("GRISTMILL_SEARCH__BRIDGE", "false")
    monkeypatch.setattr(Workspace, "encoder", FakeEncoder())
    beir, spans = str(write_beir(tmp_path / "beir")), str(write_spans(tmp_path / "spans"))
    said = CliRunner().invoke(
        app, ["bench", "retrieval", beir, "--json", "--methods", "lexical", "--strategy", "fixed"]
    )
    (result,) = json.loads(said.stdout)["results"]
    assert (result["strategy"], result["method"]) == ("fixed", "lexical")
    assert result["nDCG@10"]["low"] <= result["nDCG@10"]["mean"] <= result["nDCG@10"]["high"]
    said = CliRunner().invoke(app, ["bench", "chunking", spans, "--json", "--methods", "hybrid", "-n", "3"])
    assert [row["form"] for row in json.loads(said.stdout)["results"]] == ["chunks", "focused"]
    wrong = CliRunner().invoke(app, ["bench", "retrieval", beir, "--json", "--methods", "magic"])
    assert wrong.exit_code == 1
    assert "Unknown method 'magic'" in json.loads(wrong.stdout)["error"]


def test_a_tuned_encoder_is_measured_beside_the_one_that_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRISTMILL_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("GRISTMILL_SEARCH__BRIDGE", "false")
    monkeypatch.setattr(Workspace, "encoder", FakeEncoder())
    beir = str(write_beir(tmp_path / "beir"))
    said = CliRunner().invoke(app, ["bench", "retrieval", beir, "--json", "--methods", "dense,lexical", "--tuned"])
    found = json.loads(said.stdout)
    assert {(row["encoder"], row["method"]) for row in found["results"]} == {
        (encoder, method) for encoder in ("as it is", "tuned") for method in ("dense", "lexical")
    }
    (lexical,) = [row for row in found["gained"] if row["method"] == "lexical"]
    assert lexical["nDCG@10"]["mean"] == 0
    said = CliRunner().invoke(app, ["bench", "retrieval", beir, "--methods", "dense", "--tuned"])
    assert "gained" in said.stdout
