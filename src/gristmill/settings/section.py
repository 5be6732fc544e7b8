"""What every section of the settings is: frozen, and without a place for what nobody knows."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from gristmill.errors import SettingsError
from gristmill.identity import normalise_groups


class Section(BaseModel):
    """A table of gristmill.toml."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def normal_groups(groups: tuple[str, ...]) -> tuple[str, ...]:
    """Return normalised group names, with the error that pydantic expects."""
    try:
        return normalise_groups(groups)
    except SettingsError as error:
        raise ValueError(str(error).rstrip(".")) from error  # pydantic adds which setting it is
