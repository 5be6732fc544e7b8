"""The counting of the privacy benchmark, and its level on the public sentences."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gristmill.errors import SourceError
from gristmill.evaluation.benchmarks.privacy import Score, benchmark_privacy, render_privacy


def labelled(text: str, value: str, label: str, template: int) -> dict[str, object]:
    start = text.index(value)
    span = {"entity_type": label, "entity_value": value, "start_position": start, "end_position": start + len(value)}
    return {"full_text": text, "spans": [span], "template_id": template}


def public_sentences() -> Path:
    for folder in Path(__file__).resolve().parents:
        path = folder / "shared" / "benchmarks" / "pii" / "synthetic_sentences.json"
        if path.is_file():
            return path
    pytest.skip("shared/benchmarks/pii is not beside this repository")


def test_tokens_are_counted_right_wrong_and_missed(tmp_path: Path) -> None:
    rows = [
        labelled("Ask Margaret Thornley now.", "Margaret Thornley", "PERSON", 1),
        labelled("The zzqx office", "zzqx", "PERSON", 1),
        labelled("It is in Copenhagen", "Copenhagen", "LOCATION", 1),
    ]
    path = tmp_path / "rows.json"
    path.write_text(json.dumps(rows), "utf-8")
    everything = benchmark_privacy(path).halves[2]
    assert everything.personal == Score(right=2, false_alarms=0, missed=1)
    assert everything.all_labels == Score(right=3, false_alarms=0, missed=1)
    assert ("PERSON", 2, 3) in everything.by_label


def test_f_beta_weighs_recall_over_precision() -> None:
    careful, eager = Score(50, 0, 50), Score(100, 100, 0)
    assert careful.f_beta == pytest.approx(0.5556, abs=1e-4)
    assert eager.f_beta == pytest.approx(0.8333, abs=1e-4)


def test_a_template_is_never_in_both_halves(tmp_path: Path) -> None:
    rows = [labelled("Ask Margaret Thornley.", "Margaret Thornley", "PERSON", n // 2) for n in range(40)]
    path = tmp_path / "rows.json"
    path.write_text(json.dumps(rows), "utf-8")
    development, held_out, everything = benchmark_privacy(path).halves
    assert development.templates + held_out.templates == everything.templates == 20
    assert development.templates > 0
    assert held_out.templates > 0


def test_another_format_is_named_as_such(tmp_path: Path) -> None:
    path = tmp_path / "rows.json"
    path.write_text('[{"text": "x"}]', "utf-8")
    with pytest.raises(SourceError, match="Presidio's format"):
        benchmark_privacy(path)


def test_the_level_on_the_public_sentences_is_held() -> None:
    report = benchmark_privacy(public_sentences())
    everything = report.halves[2]
    assert everything.all_labels.f_beta > 0.845  # Presidio customised for its own sentences, as published
    assert report.halves[1].personal.f_beta > 0.845
    assert "held out" in render_privacy(report)
