"""A drill: a day in the life of an installation, on real processes of Dagster, with what goes wrong on such a day."""
