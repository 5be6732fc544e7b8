"""Where the drill's alerts arrive: a web server of its own that remembers what was sent."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread


class Mailbox:
    """What people were told."""

    def __init__(self) -> None:
        self._titles: list[str] = []
        self._lock = Lock()
        self.url = ""

    def received(self, title: str) -> None:
        """Remember one."""
        with self._lock:
            self._titles.append(title)

    @property
    def counts(self) -> Counter[str]:
        """How often each title came."""
        with self._lock:
            return Counter(self._titles)

    def count(self, words: str) -> int:
        """Return how many alerts had these words in their title."""
        return sum(many for title, many in self.counts.items() if words in title)


@contextmanager
def mailbox() -> Iterator[Mailbox]:
    """Yield a mailbox that Apprise can reach."""
    box = Mailbox()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            told = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            box.received(told["title"])
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    box.url = f"json://127.0.0.1:{server.server_address[1]}/"
    Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield box
    finally:
        server.shutdown()
        server.server_close()
