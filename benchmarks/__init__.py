"""Measurements, run by hand: side by side with other ways, on real documents."""
