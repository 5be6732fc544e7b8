"""A cross-encoder that the user configured: it orders what was found, and nothing else answers in its place."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from gristmill.asking import Answerer, pending
from gristmill.errors import ModelError
from gristmill.fingerprint import file_hash
from gristmill.identity import Asker
from gristmill.mill import Run, grind
from gristmill.models.catalog import encoder_weights
from gristmill.models.reranker import Reranker
from gristmill.search.index import open_current
from gristmill.search.retrieval import Query, retrieve
from gristmill.settings import EncoderSettings, SearchSettings
from gristmill.workspace import Workspace
from tests.fakes import bag_of_words
from tests.workspaces import source, workspace_at, write


class Backwards:
    """Likes last what search liked first, and remembers what it read."""

    def __init__(self) -> None:
        self.read: list[str] = []

    def score(self, question: str, passages: Sequence[str]) -> NDArray[np.float32]:
        self.read += passages
        return np.linspace(0.1, 0.9, len(passages), dtype=np.float32)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small sequence classifier with one output and random weights."""
    import torch
    from transformers import BertConfig, BertForSequenceClassification

    made = tmp_path_factory.mktemp("reranker")
    torch.manual_seed(3)
    config = BertConfig(
        vocab_size=30_522, hidden_size=32, num_hidden_layers=2, num_attention_heads=2, intermediate_size=64,
        num_labels=1, initializer_range=0.3,
    )  # fmt: skip
    BertForSequenceClassification(config).save_pretrained(made)
    base = encoder_weights(EncoderSettings()).file.parent
    for name in ("tokenizer.json", "tokenizer_config.json", "vocab.txt", "special_tokens_map.json"):
        shutil.copy(base / name, made)
    return made


def pinned(folder: Path) -> str:
    return file_hash(folder / "model.safetensors")


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("reranked")
    files: dict[str, str | bytes] = {
        f"{n}.md": f"# Page {n}\n\nThe wheel turns {'slowly ' * n}by day.\n" for n in range(8)
    }
    write(root / "documents", files | {"board/plan.md": "# Plan\n\nThe wheel is sold.\n"})
    workspace = at(root)
    list(grind(Run(workspace, workspace.sources())))
    return root


def at(root: Path, **search: object) -> Workspace:
    board = source(root / "documents", audience=({"pattern": "board/**", "groups": ("board",)},))
    return workspace_at(root / "home", board, search={"bridge": False} | search)


def test_scores_are_those_of_the_model_in_the_order_of_the_passages(folder: Path) -> None:
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    texts = ["The wheel turns by day.", "A short one.", "The weir is " + "very " * 900 + "long."]
    found = Reranker(folder, pinned(folder)).score("What turns?", texts)
    model, tokenizer = AutoModelForSequenceClassification.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)
    window = min(tokenizer.model_max_length, 512)
    for text, score in zip(texts, found, strict=True):
        tokens = tokenizer("What turns?", text, truncation="only_second", max_length=window, return_tensors="pt")
        with torch.inference_mode():
            assert score == pytest.approx(float(model(**tokens).logits.sigmoid()), abs=1e-4)


def test_only_the_pinned_weights_of_a_reranker_are_used(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="SHA-256"):
        Reranker(folder, "0" * 64).score("What?", ["This."])
    encoder = encoder_weights(EncoderSettings())
    with pytest.raises(ModelError, match="is no reranker") as wrong:
        Reranker(encoder.file.parent, encoder.sha256).score("What?", ["This."])
    assert "reranker" in wrong.value.remedy


def test_what_was_found_is_ordered_anew_and_the_rest_comes_after(home: Path) -> None:
    workspace = at(home, reranked=4, neighbours=0)
    index, settings = open_current(workspace.index_store), workspace.settings.search
    query = Query("wheel turns by day", bag_of_words("wheel turns by day"), None, Asker())
    plain = [p.document for p in retrieve(index, query, settings, 8)]
    backwards = Backwards()
    turned = [p.document for p in retrieve(index, replace(query, reranker=backwards), settings, 8)]
    assert turned == [*reversed(plain[:4]), *plain[4:]]
    assert len(backwards.read) == 4


def test_it_reads_nothing_that_the_asker_may_not_see(home: Path) -> None:
    workspace = at(home)
    backwards = Backwards()
    query = Query("The wheel is sold", bag_of_words("The wheel is sold"), None, Asker(), backwards)
    retrieve(open_current(workspace.index_store), query, workspace.settings.search)
    assert backwards.read
    assert not any("sold" in text for text in backwards.read)


def test_configured_it_makes_a_candidate_whose_release_uses_it(home: Path, folder: Path) -> None:
    assert pending(at(home)) is None
    workspace = at(home, reranker=folder, reranker_sha256=pinned(folder), neighbours=0)
    candidate = pending(workspace)
    assert candidate is not None
    found = Answerer(workspace, candidate).search("wheel turns", Asker(), 8)
    texts = [f"{p.context}\n{p.text}" if p.context else p.text for p in found]
    scores = Reranker(folder, pinned(folder)).score("wheel turns", texts)
    assert list(scores) == sorted(scores, reverse=True)
    with pytest.raises(ModelError, match="reranker_sha256"):
        at(home, reranker=folder).reranker_of(SearchSettings(reranker=folder))
