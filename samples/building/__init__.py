"""The parts of build.py: one module for the source format, one for each family of binary formats."""
