"""The stand-in that receives webhooks, and how to speak to it."""

import json
import urllib.request

from tests import processes


class Receiver:
    def __init__(self, folder):
        self.port = processes.free_port()
        self.program = processes.Program(
            "receiver", ["-P", "tests/webhook_receiver.py", str(self.port)], folder=folder,
            ready=lambda _: processes.answers(f"{self.base}/got"), extra={},
        )  # fmt: skip
        self.base = f"http://127.0.0.1:{self.port}"
        self.url = f"{self.base}/hook"

    def behave(self, mode):
        urllib.request.urlopen(f"{self.base}/behave", json.dumps({"mode": mode}).encode(), timeout=5).read()

    def got(self):
        return json.loads(urllib.request.urlopen(f"{self.base}/got", timeout=5).read())
