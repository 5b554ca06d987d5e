"""
Somebody who receives webhooks: its own process, its own port, and no code of the product.

    python -P tests/webhook_receiver.py PORT

POST /behave  {"mode": "well" | "busy" | "gone" | "silent" | "drips" | "elsewhere" | "holds", "port": N}
POST /hook    a message; answered as the mode says
GET  /got     every message that came: headers and body
"""

import json
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

STATUS = {"well": 204, "busy": 503, "gone": 410, "elsewhere": 307, "holds": 204}
SECONDS = 30


class Handler(BaseHTTPRequestHandler):
    mode = "well"
    got: list[dict[str, str]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        if self.path == "/behave":
            type(self).mode = json.loads(body)["mode"]
            return self.answer(204)
        self.got.append(
            {name.lower(): value for name, value in self.headers.items()} | {"body": body, "path": self.path}
        )
        if self.mode in ("silent", "holds"):
            time.sleep(SECONDS)
        if self.mode == "drips":
            for letter in "HTTP/1.1 200 OK and a very long reason, one letter at a time" * 9:
                self.wfile.write(letter.encode())
                self.wfile.flush()
                time.sleep(0.1)
        return self.answer(STATUS.get(self.mode, 204))

    def do_GET(self) -> None:
        self.answer(200, json.dumps(self.got).encode())

    def answer(self, status: int, body: bytes = b"") -> None:
        self.send_response(status)
        if status == 307:
            self.send_header("Location", "/secret")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Quiet."""


if __name__ == "__main__":
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
