"""Makes zip-based files (docx, pptx, xlsx, odt, epub) the same bytes on each build."""

from __future__ import annotations

import io
import re
import zipfile
from datetime import datetime

_FIXED = (2020, 1, 1, 0, 0, 0)
_DATES = re.compile(rb"(<dcterms:(created|modified)[^>]*>)[^<]*(</dcterms:)")


def repack(data: bytes, date: datetime) -> bytes:
    """Copy a zip archive with fixed entry times, and with `date` in its Office core properties."""
    stamp = date.strftime("%Y-%m-%dT%H:%M:%SZ").encode()
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name == "docProps/core.xml":
                content = _DATES.sub(rb"\g<1>" + stamp + rb"\g<3>", content)
            new.writestr(_entry(name), content, compresslevel=6)
    return out.getvalue()


def _entry(name: str) -> zipfile.ZipInfo:
    """An archive entry that does not depend on the clock or the system."""
    entry = zipfile.ZipInfo(name, _FIXED)
    stored = name == "mimetype"
    entry.compress_type = zipfile.ZIP_STORED if stored else zipfile.ZIP_DEFLATED
    entry.create_system = 3
    entry.external_attr = 0o644 << 16
    return entry
