from __future__ import annotations

import ast
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

PACKAGES = ["gristmill.corpus.hygiene", "gristmill.corpus.injection", "gristmill.corpus.privacy"]


@pytest.mark.parametrize("name", PACKAGES)
def test_a_package_offers_all_that_it_says_and_says_all_that_it_offers(name: str) -> None:
    package = import_module(name)
    assert package.__file__ is not None
    source = ast.parse(Path(package.__file__).read_text())
    typed = {
        (found.module, alias.name)
        for found in ast.walk(source)
        if isinstance(found, ast.ImportFrom) and (found.module or "").startswith(name)
        for alias in found.names
    }
    assert {each for _, each in typed} == set(package.__all__) == set(dir(package))
    for module, each in typed:
        assert getattr(package, each) is getattr(import_module(str(module)), each)
    with pytest.raises(AttributeError, match="nonsense"):
        package.nonsense  # noqa: B018


def test_what_is_not_asked_for_is_not_loaded() -> None:
    program = "import sys, gristmill.mill; print(*sorted(n for n in sys.modules if n.startswith('gristmill.corpus.')))"
    ran = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert "gristmill.corpus.privacy.findings" in ran.stdout
    assert "gristmill.corpus.privacy.detection" not in ran.stdout
    assert "gristmill.corpus.injection.classifier" not in ran.stdout
