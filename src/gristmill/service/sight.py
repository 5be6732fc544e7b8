"""What a person may see of what was stored: receipts outlive the groups of those who asked, and documents' audiences.

A stored answer is shown whole only to who may see every document it cites, today. Of what is not in the index any more,
the groups that it was answered for decide.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from gristmill.identity import Audience, Person, may_see
from gristmill.search.version import IndexVersion
from gristmill.storage.records import ReceiptRow

_AUDIENCES: WeakKeyDictionary[IndexVersion, Mapping[str, Audience]] = WeakKeyDictionary()


@dataclass(frozen=True)
class Sight:
    """What one person may see in one index version."""

    person: Person
    audiences: Mapping[str, Audience]

    @classmethod
    def of(cls, person: Person, index: IndexVersion) -> Sight:
        """Return a person's sight of an index."""
        if index not in _AUDIENCES:
            _AUDIENCES[index] = audiences_of(index)
        return cls(person, _AUDIENCES[index])

    def sees(self, document: str, answered_for: Iterable[str] = ()) -> bool:
        """Say whether the person may see a document.

        Args:
            document: its name.
            answered_for: the groups of an answer that named it; they decide when the index does not know it any more.
        """
        audience = self.audiences.get(document)
        if audience is not None:
            return may_see(audience, self.person.groups)
        asked_in = set(answered_for)
        return bool(asked_in) and asked_in <= set(self.person.groups)

    def sees_answer(self, receipt: ReceiptRow) -> bool:
        """Say whether the person may see all that an answer cites."""
        return all(self.sees(str(citation["document"]), receipt.groups) for citation in receipt.citations)

    def sees_evidence(self, receipt: ReceiptRow) -> bool:
        """Say whether the person may see all that an answer was made from."""
        found = (str(passage["document"]) for passage in receipt.passages)
        return self.sees_answer(receipt) and all(self.sees(document, receipt.groups) for document in found)


def audiences_of(index: IndexVersion) -> dict[str, Audience]:
    """Return the audience of each document of an index."""
    pairs = index.rows.select("document", "audience").unique("document")
    return {document: tuple(audience) for document, audience in pairs.iter_rows()}
