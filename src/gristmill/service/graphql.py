"""What a request to Dagster's GraphQL would do: whether it changes something, and by which names.

A text is read from every place that Dagster reads one from, by the parser that Dagster uses.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping


def changes(body: bytes, query: Mapping[str, str]) -> tuple[str, ...]:
    """Return the mutations of a request: the names of the fields that they call; none when it only reads.

    What is nested too deeply to be read here counts as a change: it may be read there.

    Args:
        body: of the request, or one message of a WebSocket.
        query: parameters of its address.
    """
    try:
        return tuple(sorted(set(_mutations(_texts(body, query)))))
    except RecursionError:
        return ("a text too deep to read",)


def _texts(body: bytes, query: Mapping[str, str]) -> Iterator[str]:
    if "query" in query:
        yield query["query"]
    yield body.decode("utf-8", "replace")
    try:
        read = json.loads(body)  # of the bytes, as there: JSON may be in UTF-16 or UTF-32
    except ValueError:
        return
    if isinstance(read, dict):
        # A message of a WebSocket wraps what a request has in its body.
        for part in (read, read.get("payload")):
            query_of = part.get("query") if isinstance(part, dict) else None
            if isinstance(query_of, str):
                yield query_of


def _mutations(texts: Iterable[str]) -> Iterator[str]:
    from graphql import FieldNode, GraphQLError, OperationDefinitionNode, OperationType, parse

    for text in texts:
        try:
            document = parse(text)
        except GraphQLError:
            continue  # Dagster cannot read it either
        for part in document.definitions:
            if isinstance(part, OperationDefinitionNode) and part.operation is OperationType.MUTATION:
                chosen = part.selection_set.selections
                yield from [one.name.value for one in chosen if isinstance(one, FieldNode)] or ["a fragment"]
