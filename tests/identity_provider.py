"""
An identity provider to test against: its own process, its own port, and no code of the product.

    python tests/identity_provider.py PORT SECRET

POST /checks       starts a check, once per Idempotency-Key
POST /behave       {"mode": "well" | "busy" | "refuses" | "silent" | "drips" | "huge" | "elsewhere" | "nonsense"}
POST /finish       {"check_id", "outcome", ...}  sends the signed result to the check's callback; answers with the status it got
GET  /asked        every call that came, with its headers
"""

import json
import sys
import time
import urllib.error
import urllib.request
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from uuid import uuid4

from standardwebhooks import Webhook

STATUS = {"busy": 503, "refuses": 400, "elsewhere": 307}


class Desk:
    """What this provider remembers."""

    def __init__(self, secret: str) -> None:
        self.secret = secret
        self.mode = "well"
        self.checks: dict[str, dict[str, str]] = {}
        self.asked: list[dict[str, str]] = []

    def begin(self, order: dict[str, str]) -> dict[str, str]:
        """The same id starts one check, however often it is sent."""
        number = len(self.checks) + 1
        return self.checks.setdefault(
            order["check_id"],
            {
                "reference": f"IDP-{number}",
                "continue_url": f"https://id.example/{number}",
                "callback_url": order["callback_url"],
            },
        )

    def finish(self, told: dict[str, object]) -> dict[str, object]:
        check = self.checks[str(told["check_id"])]
        data = {"reference": check["reference"], "findings": [], **told}
        body = json.dumps({"type": "identity_check.completed", "data": data})
        message_id, now = f"msg_{uuid4().hex}", datetime.now(UTC)
        request = urllib.request.Request(
            check["callback_url"],
            data=body.encode(),
            headers={
                "Content-Type": "application/json",
                "webhook-id": message_id,
                "webhook-timestamp": str(int(now.timestamp())),
                "webhook-signature": Webhook(self.secret).sign(message_id, now, body),
            },
        )
        return {"first": _status(request), "again": _status(request)}


def _status(request: urllib.request.Request) -> int:
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return int(error.code)


class Handler(BaseHTTPRequestHandler):
    desk: Desk

    def do_GET(self) -> None:
        self._answer(200, {"asked": self.desk.asked, "checks": self.desk.checks})

    def do_POST(self) -> None:
        told = json.loads(self.rfile.read(int(self.headers["Content-Length"])) or b"{}")
        if self.path == "/behave":
            self.desk.mode = told["mode"]
            return self._answer(200, {})
        if self.path == "/finish":
            return self._answer(200, self.desk.finish(told))
        self.desk.asked.append({"key": self.headers["Idempotency-Key"], "as": self.headers["Authorization"]})
        mode = self.desk.mode
        if mode == "silent":
            time.sleep(60)
        if mode in STATUS:
            return self._answer(STATUS[mode], {"error": mode})
        answer = self.desk.begin(told)
        if mode == "drips":
            return self._drip()
        if mode == "huge":
            answer = {"reference": "x" * 200_000}
        return self._answer(201, ["nonsense"] if mode == "nonsense" else answer)

    def _answer(self, status: int, told: object) -> None:
        body = json.dumps(told).encode()
        self.send_response(status)
        if status == 307:
            self.send_header("Location", "/checks")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _drip(self) -> None:
        self.send_response(201)
        self.send_header("Content-Length", "1000")
        self.end_headers()
        for _ in range(600):
            self.wfile.write(b" ")
            self.wfile.flush()
            time.sleep(0.1)

    def log_message(self, *_: object) -> None:
        """Nothing to say."""


if __name__ == "__main__":
    Handler.desk = Desk(sys.argv[2])
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
