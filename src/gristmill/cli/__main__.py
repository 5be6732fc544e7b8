"""`python -m gristmill.cli`."""

from gristmill.cli.everyday import main

main()
