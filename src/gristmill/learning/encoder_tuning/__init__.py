"""Encoder tuning without labels: from a corpus to a candidate encoder that nobody uses before it is promoted."""
