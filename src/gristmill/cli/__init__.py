"""The command line: `app` holds the root commands, one module each the groups of commands, the rest draws."""

from gristmill.cli.app import app, main

__all__ = ["app", "main"]
