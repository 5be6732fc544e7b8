from __future__ import annotations

import inspect

from gristmill import errors
from gristmill.errors import GristmillError


def test_the_public_names_are_exactly_the_errors() -> None:
    defined = {name for name, one in inspect.getmembers(errors, inspect.isclass) if issubclass(one, Exception)}
    assert set(errors.__all__) == defined
    assert errors.__all__ == sorted(errors.__all__)


def test_the_tree_in_the_docstring_is_the_tree_of_the_classes() -> None:
    assert errors.__doc__ is not None
    drawn: dict[int, str] = {}
    for line in errors.__doc__.splitlines():
        name = next((word for word in line.split() if word.isidentifier() and word.endswith("Error")), None)
        if name is None:
            continue
        depth = line.index(name)
        parent = max((at for at in drawn if at < depth), default=None)
        bases = getattr(errors, name).__bases__
        assert bases[0].__name__ == (drawn[parent] if parent is not None else "Exception")
        drawn = {at: known for at, known in drawn.items() if at < depth} | {depth: name}
    assert all(name in errors.__doc__ for name in errors.__all__)


def test_an_error_says_what_happened_and_what_to_do() -> None:
    error = GristmillError("The disk is full.", "Free space.")
    assert (str(error), error.message, error.remedy) == (
        "The disk is full. Free space.", "The disk is full.", "Free space.",
    )  # fmt: skip
    assert str(GristmillError("Alone.")) == "Alone."
