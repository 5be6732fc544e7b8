"""Watching an installation in use: drift, usage, missing knowledge, alerts. It tells; it changes nothing."""
