"""The network that is tuned: a sentence-transformers model whose mean passes a linear head, and how deep tuning goes.

Features are what the transformer's mean gives at unit length; vectors are features through the head, at unit length
again. With the transformer frozen, features are computed once and the head alone is trained.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from gristmill.models.encoder import Vectors, bfloat16_is_fast
from gristmill.models.heads import load_head

if TYPE_CHECKING:
    import torch

_PART = 16  # texts of like length that go through the transformer together


class Depth(str, Enum):
    """What is trained."""

    HEAD = "head"  # the linear head alone
    ALL = "all"  # the head and the transformer's layers, but not its word embeddings

    __str__ = str.__str__


class Network:
    """The model in training."""

    def __init__(self, base: Path, weights: Path, depth: Depth) -> None:
        import torch
        from sentence_transformers import SentenceTransformer
        from sentence_transformers.sentence_transformer.modules import Dense, Normalize

        loaded = SentenceTransformer(str(base), device="cpu", local_files_only=True)
        self.body: Any = SentenceTransformer(modules=[loaded[0], loaded[1]], device="cpu")
        size = int(self.body.get_embedding_dimension())
        known = load_head(weights)
        start = torch.eye(size) if known is None else torch.from_numpy(known.copy())
        dense = Dense(size, size, bias=False, activation_function=torch.nn.Identity(), init_weight=start)
        self.top: Any = torch.nn.Sequential(dense, Normalize())
        self.start = start.clone()
        self.depth = depth
        for name, parameter in self.body.named_parameters():
            # Words keep their places: other fields and languages are forgotten least.
            parameter.requires_grad = depth is Depth.ALL and "word_embeddings" not in name

    @property
    def head(self) -> torch.Tensor:
        """The linear head, shape (dimensions, dimensions)."""
        weight: torch.Tensor = self.top[0].linear.weight
        return weight

    def groups(self, head_rate: float, body_rate: float) -> list[dict[str, Any]]:
        """Return the trained parameters with their learning rates, as optimisers take them."""
        groups: list[dict[str, Any]] = [{"params": [self.head], "lr": head_rate, "initial_lr": head_rate}]
        layers = [parameter for parameter in self.body.parameters() if parameter.requires_grad]
        if layers:
            groups.append({"params": layers, "lr": body_rate, "initial_lr": body_rate})
        return groups

    def features(self, texts: Sequence[str]) -> torch.Tensor:
        """Return unit features of texts in their order, shape (texts, dimensions); with gradients where wanted."""
        import torch

        order = sorted(range(len(texts)), key=lambda i: -len(texts[i]))
        parts = []
        with self._precision():
            for at in range(0, len(order), _PART):
                batch = self.body.preprocess([texts[i] for i in order[at : at + _PART]])
                parts.append(self.body(batch)["sentence_embedding"].float())
        back = torch.from_numpy(np.argsort(order))
        return torch.nn.functional.normalize(torch.cat(parts)[back], dim=1)

    def vectors(self, features: torch.Tensor) -> torch.Tensor:
        """Return unit vectors of features."""
        turned: torch.Tensor = self.top({"sentence_embedding": features})["sentence_embedding"]
        return turned

    def encode(self, texts: Sequence[str], advance: Callable[[int], None] = lambda _: None) -> Vectors:
        """Return unit features of many texts without gradients, as an array."""
        import torch

        self.body.eval()
        rows = np.empty((len(texts), self.head.shape[0]), dtype=np.float32)
        order = sorted(range(len(texts)), key=lambda i: -len(texts[i]))
        with torch.inference_mode():
            for at in range(0, len(order), 4 * _PART):
                some = order[at : at + 4 * _PART]
                rows[some] = self.features([texts[i] for i in some]).numpy()
                advance(len(some))
        return rows

    def state(self) -> dict[str, torch.Tensor]:
        """Return all weights by name, those of the transformer below `body.`; what is never trained is left out."""
        trained = {name for name, parameter in self.body.named_parameters() if parameter.requires_grad}
        kept = {f"body.{name}": t for name, t in self.body.state_dict().items() if name in trained}
        return {name: tensor.detach().contiguous() for name, tensor in kept.items()} | {"head": self.head.detach()}

    def load(self, state: dict[str, torch.Tensor]) -> None:
        """Take weights that `state` gave."""
        import torch

        with torch.no_grad():
            self.head.copy_(state["head"])
        body = {name.removeprefix("body."): t for name, t in state.items() if name.startswith("body.")}
        self.body.load_state_dict(body, strict=False)

    def transformer(self) -> dict[str, torch.Tensor]:
        """Return the transformer's weights under the names that its own file has."""
        model = self.body[0].auto_model
        return {name: tensor.detach().contiguous().clone() for name, tensor in model.state_dict().items()}

    def _precision(self) -> AbstractContextManager[Any]:
        import torch

        return torch.autocast("cpu", dtype=torch.bfloat16) if bfloat16_is_fast() else nullcontext()
