"""Measurements on public test material that is read where it lies and never copied into the project."""
