from __future__ import annotations

import os
from pathlib import Path

import pytest

from gristmill.errors import SettingsError
from gristmill.settings import SETTINGS_VARIABLE, SearchSettings, load_settings, unknown_variables


@pytest.fixture(autouse=True)
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty settings file in force."""
    path = tmp_path / "gristmill.toml"
    path.touch()
    monkeypatch.setenv(SETTINGS_VARIABLE, str(path))
    return path


def test_an_empty_file_gives_the_defaults_below_its_folder(file: Path) -> None:
    settings = load_settings()
    assert settings.root == file.parent
    assert settings.home_path == file.parent / ".gristmill"
    assert settings.lake_url == str(file.parent / ".gristmill" / "lake")
    assert settings.database_url == f"sqlite:///{file.parent / '.gristmill' / 'gristmill.db'}"


def test_the_file_overrides_a_default_and_leaves_its_neighbours(file: Path) -> None:
    file.write_text("[search]\npassages = 7\n")
    settings = load_settings()
    assert settings.search.passages == 7
    assert settings.search.model_dump(exclude={"passages"}) == SearchSettings().model_dump(exclude={"passages"})


def test_the_environment_overrides_the_file_and_leaves_its_neighbours(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text("[search]\npassages = 7\ncandidates = 30\n")
    monkeypatch.setenv("GRISTMILL_SEARCH__PASSAGES", "9")
    settings = load_settings()
    assert (settings.search.passages, settings.search.candidates) == (9, 30)


def test_what_the_program_asks_for_overrides_both(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file.write_text('home = "of-the-file"\n')
    monkeypatch.setenv("GRISTMILL_HOME", "of-the-environment")
    assert load_settings().home_path.name == "of-the-environment"
    assert load_settings(home=Path("of-the-program")).home_path.name == "of-the-program"


def test_the_nearest_file_upwards_is_in_force(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(SETTINGS_VARIABLE)
    (tmp_path / "gristmill.toml").write_text('home = "upper"\n')
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    monkeypatch.chdir(below)
    assert load_settings().home_path == tmp_path / "upper"
    (tmp_path / "a" / "gristmill.toml").write_text('home = "nearer"\n')
    assert load_settings().home_path == tmp_path / "a" / "nearer"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("pasages = 7\n", "'pasages'"),
        ("[search]\npasages = 7\n", "'search.pasages'"),
        ("[search]\npassages = 'many'\n", "'search.passages'"),
        ("[search]\npassages = 0\n", "'search.passages'"),
        ("[parser]\nmemory_mb = 1\n", "'parser.memory_mb'"),
        ("[[sources]]\nprefix = 'a'\n", "'sources.0.location'"),
        ("[[audience]]\npattern = '**'\ngroups = ['a b']\n", "'a b'"),
        ("default_groups = ['hr,board']\n", "'hr,board'"),
        ("[search\n", "not valid TOML"),
    ],
)
def test_a_wrong_line_is_an_error_that_names_the_setting_and_the_file(file: Path, text: str, said: str) -> None:
    file.write_text(text)
    with pytest.raises(SettingsError) as raised:
        load_settings()
    assert said in str(raised.value)
    assert str(file) in str(raised.value)


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("GRISTMILL_SEARCH__PASSAGES", "many", "search.passages"),
        ("GRISTMILL_SEARCH__PASAGES", "7", "search.pasages"),
        ("GRISTMILL_SOURCES", "not json", "sources"),
    ],
)
def test_a_wrong_variable_is_an_error_that_names_the_setting(
    monkeypatch: pytest.MonkeyPatch, variable: str, value: str, said: str
) -> None:
    monkeypatch.setenv(variable, value)
    with pytest.raises(SettingsError, match=said) as raised:
        load_settings()
    assert "TOML" not in str(raised.value)


def test_a_file_that_is_named_and_not_there_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(SETTINGS_VARIABLE, str(tmp_path / "other.toml"))
    with pytest.raises(SettingsError, match=r"other\.toml"):
        load_settings()


def test_two_sources_with_one_prefix_are_refused(file: Path) -> None:
    file.write_text("[[sources]]\nlocation = 'a'\n[[sources]]\nlocation = 'b'\n")
    with pytest.raises(SettingsError, match="same prefix"):
        load_settings()


def test_prefixes_that_only_look_different_are_the_same(file: Path) -> None:
    file.write_text("[[sources]]\nlocation = 'a'\nprefix = 'x/'\n[[sources]]\nlocation = 'b'\nprefix = '/./x'\n")
    with pytest.raises(SettingsError, match="same prefix"):
        load_settings()


def test_groups_are_normal_wherever_they_are_set(file: Path) -> None:
    file.write_text("default_groups = ['HR', 'hr']\n[[audience]]\npattern = '**'\ngroups = [' Board ']\n")
    settings = load_settings()
    assert settings.default_groups == ("hr",)
    assert settings.audience[0].groups == ("board",)


def test_a_default_of_no_groups_is_possible_and_means_nobody(file: Path) -> None:
    file.write_text("default_groups = []\n")
    assert load_settings().default_groups == ()


def test_a_variable_that_is_no_setting_is_named_with_the_nearest_one(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("GRISTMILL_")]:
        monkeypatch.delenv(name)
    assert unknown_variables() == {}
    monkeypatch.setenv("GRISTMILL_HOM", "/srv/gristmill")
    monkeypatch.setenv("GRISTMILL_SEARHC__PASSAGES", "9")
    monkeypatch.setenv("GRISTMILL_PRIVACY__KINDS__EMAIL", "mask")
    monkeypatch.setenv("GRISTMILL_PARSER__WORKERS", "2")
    assert unknown_variables() == {
        "GRISTMILL_HOM": "GRISTMILL_HOME",
        "GRISTMILL_SEARHC__PASSAGES": "GRISTMILL_SEARCH__PASSAGES",
    }
