"""A secret key of an installation, in a file that only its owner can read. Made once, never changed, never logged."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from gristmill.errors import StorageError

KEY_BYTES = 32


def key_at(path: Path) -> bytes:
    """Return the key in a file, making it when it is not there yet. Of two processes that do, both get the same.

    Raises:
        StorageError: the file does not hold a whole key.
    """
    if not path.exists():
        _make(path)
    key = path.read_bytes()
    if len(key) != KEY_BYTES:
        raise StorageError(f"{path} is not a key of {KEY_BYTES} bytes.", "Restore it from a backup, or delete it.")
    return key


def _make(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}.tmp")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        stream.write(secrets.token_bytes(KEY_BYTES))
        stream.flush()
        os.fsync(stream.fileno())
    try:
        os.link(draft, path)  # fails where another process was first, and that one's key counts
    except FileExistsError:
        pass
    finally:
        draft.unlink()
