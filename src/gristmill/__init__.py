"""Gristmill: a folder of documents in, cited and gated answers out.

The engine is plain Python; only `resources.py`, `definitions.py` and the top-level packages `assets` and `sensors` know
Dagster. Nothing heavy is imported before it is needed.
"""

__version__ = "0.1.0"
