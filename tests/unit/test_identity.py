from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gristmill.errors import SettingsError
from gristmill.identity import EVERYONE, Asker, may_see, normalise_groups

groups = st.lists(st.from_regex(r"[a-z0-9][a-z0-9._-]{0,62}", fullmatch=True), max_size=5)


@given(groups)
def test_an_empty_audience_is_seen_by_nobody(asking: list[str]) -> None:
    assert not may_see((), asking)
    assert not may_see((), Asker.in_groups(asking).groups)


@given(groups)
def test_who_is_in_no_group_sees_nothing(audience: list[str]) -> None:
    assert not may_see(audience, ())


@given(groups, groups)
def test_a_document_is_seen_exactly_by_those_who_share_a_group_with_it(audience: list[str], asking: list[str]) -> None:
    assert may_see(audience, asking) == any(group in asking for group in audience)


@given(groups, groups)
def test_one_more_group_never_hides_a_document(audience: list[str], asking: list[str]) -> None:
    assert may_see(audience, [*asking, "another"]) or not may_see(audience, asking)


@pytest.mark.parametrize(("audience", "asking"), [("hr", "hr-board"), ("hr-board", "hr"), ("hr", "h"), ("hr", "hr.")])
def test_a_group_whose_name_begins_like_another_is_another(audience: str, asking: str) -> None:
    assert not may_see([audience], Asker.in_groups([asking]).groups)


@given(groups)
def test_everybody_is_in_everyone(asking: list[str]) -> None:
    assert EVERYONE in Asker.in_groups(asking).groups
    assert may_see([EVERYONE], Asker.in_groups(asking).groups)


@given(groups)
def test_normal_groups_are_sorted_distinct_and_stay_as_they_are(names: list[str]) -> None:
    normal = normalise_groups(names)
    assert list(normal) == sorted(set(normal))
    assert normalise_groups(normal) == normal
    assert set(normal) == set(names)


def test_case_and_blanks_around_a_group_do_not_matter() -> None:
    assert normalise_groups([" HR ", "hr", "Board"]) == ("board", "hr")


@pytest.mark.parametrize("name", ["", " ", "a,b", "a b", "-", "-a", ".a", "ä", "a/b", "a\nb", "a" * 64])
def test_a_name_that_could_be_taken_for_another_is_refused(name: str) -> None:
    with pytest.raises(SettingsError, match="Group name"):
        normalise_groups([name])
