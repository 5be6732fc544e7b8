from __future__ import annotations

from collections.abc import Iterator, Sequence

from hypothesis import given
from hypothesis import strategies as st

from gristmill.models.batching import _START, batches


def cost(lengths: Sequence[int], together: Sequence[Sequence[int]]) -> int:
    return sum(_START + max(lengths[text] for text in batch) * len(batch) for batch in together)


def every_way(texts: list[int], most: int) -> Iterator[list[list[int]]]:
    if not texts:
        yield []
    for size in range(1, min(most, len(texts)) + 1):
        for rest in every_way(texts[size:], most):
            yield [texts[:size], *rest]


@given(st.lists(st.integers(1, 256), max_size=9), st.integers(1, 6))
def test_each_text_is_in_one_batch_and_no_way_costs_less(lengths: list[int], most: int) -> None:
    together = batches(lengths, most)
    assert sorted(text for batch in together for text in batch) == list(range(len(lengths)))
    assert all(1 <= len(batch) <= most for batch in together)
    flat = [lengths[text] for batch in together for text in batch]
    assert flat == sorted(flat, reverse=True)
    longest_first = sorted(range(len(lengths)), key=lambda text: -lengths[text])
    assert cost(lengths, together) == min(cost(lengths, way) for way in every_way(longest_first, most))


def test_short_texts_are_not_padded_to_a_long_one() -> None:
    assert batches([240, *[12] * 30], 32) == [[0], list(range(1, 31))]
    assert batches([20, 19, 18, 17], 32) == [[0, 1, 2, 3]]
