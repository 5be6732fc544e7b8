"""A team's host: PostgreSQL, the Chroma server, Dagster and the service on one machine, by one command.

Here stands what is started, in which order and with which settings. Keeping it alive is supervisor's work, and what the
programs do is theirs.
"""
