"""Personal data and secrets in documents: find, judge, mask.

Here live the rules that find them and the pseudonyms that replace them. What is done about a finding (who may see the
original, where the table of replacements is kept) is not decided here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gristmill.lazily import offered

if TYPE_CHECKING:
    from gristmill.corpus.privacy.detection import find_personal_data, find_personal_data_of
    from gristmill.corpus.privacy.findings import Kind, PersonalData
    from gristmill.corpus.privacy.masking import Masked, Replacement, mask
    from gristmill.corpus.privacy.policy import Judgement, Policy, judge

__all__ = [
    "Judgement",
    "Kind",
    "Masked",
    "PersonalData",
    "Policy",
    "Replacement",
    "find_personal_data",
    "find_personal_data_of",
    "judge",
    "mask",
]

__getattr__, __dir__ = offered(
    __name__,
    {
        "detection": ("find_personal_data", "find_personal_data_of"),
        "findings": ("Kind", "PersonalData"),
        "masking": ("Masked", "Replacement", "mask"),
        "policy": ("Judgement", "Policy", "judge"),
    },
)
