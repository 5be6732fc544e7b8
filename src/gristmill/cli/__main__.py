"""`python -m gristmill.cli`."""

from gristmill.cli.app import main

main()
