"""The outside of a GGUF file: its metadata and where its tensors lie, as the GGUF specification (version 3) says.

The `gguf` package reads them too, through a memory map piece by piece, which takes 15 seconds for a vocabulary of
49,152 tokens; this takes half a second. What the tensors mean stands in `gguf.py`.
"""

from __future__ import annotations

import mmap
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_MAGIC = b"GGUF"
_VERSIONS = {2, 3}
_SCALARS = {0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q", 11: "<q", 12: "<d"}
_STRING, _ARRAY = 8, 9
_ALIGNMENT = "general.alignment"
# More than any model has: a damaged count must not fill the memory.
_MOST = 100_000_000


@dataclass(frozen=True)
class Field:
    """A value of the metadata: its type's number, for arrays that of the elements, and the value."""

    kind: int
    inner: int | None
    value: Any


@dataclass(frozen=True)
class Stored:
    """A tensor as it is stored: its quantisation's number and its raw rows."""

    name: str
    kind: int
    data: NDArray[np.uint8]  # the bytes of all rows
    shape: tuple[int, ...]  # as numpy has it: the longest stride first


@dataclass(frozen=True)
class Contents:
    """What a GGUF file holds."""

    fields: dict[str, Field]
    tensors: tuple[Stored, ...]


def read_gguf(file: Path) -> Contents:
    """Return what a GGUF file holds; tensors are mapped, not read.

    Raises:
        OSError: it cannot be read.
        ValueError: it is not a GGUF file, or is damaged.
    """
    from gguf import GGML_QUANT_SIZES, GGMLQuantizationType

    with file.open("rb") as stream:
        mapped = mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ)
    cursor = _Cursor(mapped)
    if mapped[:4] != _MAGIC or int.from_bytes(mapped[4:8], "little") not in _VERSIONS:
        msg = "it does not begin like one of version 2 or 3"
        raise ValueError(msg)
    cursor.at = 8
    try:
        tensors, fields = cursor.count(), cursor.count()
        metadata = dict(cursor.field() for _ in range(fields))
        listed = [cursor.tensor() for _ in range(tensors)]
        alignment = int(metadata[_ALIGNMENT].value) if _ALIGNMENT in metadata else 32
        begin = -(-cursor.at // alignment) * alignment
        found = []
        for name, shape, kind, offset in listed:
            block, size = GGML_QUANT_SIZES[GGMLQuantizationType(kind)]
            length = int(np.prod(shape)) // block * size
            raw = np.frombuffer(mapped, np.uint8, length, begin + offset)
            found.append(Stored(name, kind, raw.reshape(*shape[:-1], -1), shape))
    except (struct.error, KeyError, UnicodeDecodeError) as error:
        msg = f"it is damaged at byte {cursor.at:,}"
        raise ValueError(msg) from error
    return Contents(metadata, tuple(found))


class _Cursor:
    """A place in the file that moves on as it is read."""

    def __init__(self, mapped: mmap.mmap) -> None:
        self._mapped = mapped
        self.at = 0

    def count(self) -> int:
        count = int(self._scalar("<Q"))
        if count > _MOST:
            msg = f"it claims {count:,} entries"
            raise ValueError(msg)
        return count

    def field(self) -> tuple[str, Field]:
        name, kind = self._string(), int(self._scalar("<I"))
        if kind != _ARRAY:
            return name, Field(kind, None, self._value(kind))
        inner, count = int(self._scalar("<I")), self.count()
        return name, Field(kind, inner, [self._value(inner) for _ in range(count)])

    def tensor(self) -> tuple[str, tuple[int, ...], int, int]:
        name = self._string()
        shape = tuple(self.count() for _ in range(int(self._scalar("<I"))))
        return name, shape[::-1], int(self._scalar("<I")), int(self._scalar("<Q"))

    def _value(self, kind: int) -> Any:
        return self._string() if kind == _STRING else self._scalar(_SCALARS[kind])

    def _string(self) -> str:
        length = self.count()
        self.at += length
        return self._mapped[self.at - length : self.at].decode("utf-8")

    def _scalar(self, layout: str) -> Any:
        value = struct.unpack_from(layout, self._mapped, self.at)[0]
        self.at += struct.calcsize(layout)
        return value
