"""Serves the rendered page on this machine and tells open windows when to load it again."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from analysis.errors import RenderError

__all__ = ["serve"]

_RELOAD = b"""<script>
let seen = null;
setInterval(async () => {
  const stamp = await (await fetch("/stamp")).text().catch(() => seen);
  if (seen !== null && stamp !== seen) location.reload();
  seen = stamp;
}, 700);
</script>
"""
_WAIT = (
    b"<!DOCTYPE html><title>Preview</title><p>No page yet: the terminal says how far it is.</p>\n"
)


class _Page(SimpleHTTPRequestHandler):
    """Serves the output folder; the page gets a script that asks for its time stamp."""

    def __init__(self, page: Path, *arguments: Any) -> None:
        self.page = page
        super().__init__(*arguments, directory=str(page.parent))

    def do_GET(self) -> None:
        page = self.page
        if self.path == "/stamp":
            self._answer("text/plain", str(_stamp(page)).encode())
        elif self.path in {"/", f"/{page.name}"}:
            content = page.read_bytes() if page.is_file() else _WAIT
            self._answer("text/html; charset=utf-8", content + _RELOAD)
        else:
            super().do_GET()

    def _answer(self, kind: str, content: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        with suppress(ConnectionError):  # a page that is loaded again leaves the old request
            self.wfile.write(content)

    def log_message(self, format: str, *args: object) -> None:
        """Keep quiet: the terminal belongs to the builds."""


def _stamp(page: Path) -> int:
    try:
        return page.stat().st_mtime_ns
    except OSError:
        return 0


@contextmanager
def serve(page: Path, port: int) -> Iterator[str]:
    """Serve a page and its folder on the loopback address while the block runs; yield the address.

    The port 0 takes a free one.

    Raises
    ------
    RenderError
        If the port is taken.
    """
    try:
        server = ThreadingHTTPServer(("127.0.0.1", port), partial(_Page, page))
    except OSError as error:
        raise RenderError(
            f"preview: expected port {port} to be free, found: {error.strerror}; use --port"
        ) from error
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
