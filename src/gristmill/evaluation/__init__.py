"""Measuring: question sets, metrics, statistics, gates, reports and benchmarks."""
