"""Where truth is kept: Delta tables, the operational database, immutable artifacts, locks."""
