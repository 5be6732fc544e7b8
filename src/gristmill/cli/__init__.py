"""The command line: `everyday` starts it, `app` has all of it; each other module has a group of commands, or draws."""

from gristmill.cli.everyday import main

__all__ = ["main"]
