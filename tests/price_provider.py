"""
A provider of prices to test against: its own process, its own port, and no code of the product.

    python tests/price_provider.py PORT FILE

It answers what FILE says, read at each request: {"mode": "well" | "busy" | "silent" | "drips" | "huge" | "elsewhere"
| "nonsense", "paths": {"/path": body}}; "busy" answers 429 to the first two requests of a path. GET /asked tells
every path and query that came.
"""

import contextlib
import json
import sys
import time
import urllib.parse
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

ASKED: list[str] = []


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        if self.path == "/asked":
            return self.answer(200, json.dumps(ASKED).encode())
        told = json.loads(Path(sys.argv[2]).read_text(encoding="utf-8"))
        path = urllib.parse.urlsplit(self.path).path
        ASKED.append(self.path)
        mode = told["mode"]
        if mode == "busy" and sum(one == self.path for one in ASKED) < 3:
            return self.answer(429, b"", {"Retry-After": "2"})
        if mode == "silent":
            time.sleep(3)
        if mode == "elsewhere":
            return self.answer(302, b"", {"Location": f"http://127.0.0.1:{sys.argv[1]}/asked"})
        if mode == "nonsense":
            return self.answer(200, b"<html>")
        if mode == "huge":
            return self.answer(200, b"[" + b"1," * 2_000_000 + b"1]")
        if mode == "drips":
            return self.drip()
        if path not in told["paths"]:
            return self.answer(404, b"")
        return self.answer(200, json.dumps(told["paths"][path]).encode())

    def drip(self) -> None:
        self.send_response(200)
        self.end_headers()
        for _ in range(30):
            self.wfile.write(b" ")
            self.wfile.flush()
            time.sleep(0.1)

    def answer(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        with contextlib.suppress(OSError):  # whoever asked has gone
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        return None


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
