"""The local engine, with its real model."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from gristmill.models.generators import OpenVinoGenerator
from gristmill.settings import GeneratorSettings

PROMPT = "<|im_start|>user\nSay hello.<|im_end|>\n<|im_start|>assistant\n"


@pytest.mark.slow
def test_questions_at_the_same_time_wait_for_each_other(tmp_path: Path) -> None:
    generator = OpenVinoGenerator(GeneratorSettings(max_new_tokens=8), tmp_path)
    with ThreadPoolExecutor(4) as threads:
        said = list(threads.map(generator.generate, [PROMPT] * 4))
    assert len({one.text for one in said}) == 1
    assert all(one.new_tokens for one in said)
