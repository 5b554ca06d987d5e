"""
A chain to test against: a process of its own that answers as a node does, and no code of the product.

    python -m tests.chain PORT CHAIN_ID

POST /          JSON-RPC: eth_chainId, eth_blockNumber, eth_getBlockByNumber, eth_getLogs
POST /mine      {"logs": [{"address", "sender", "receiver", "amount"}]}   one block with these transfers
POST /rewrite   {"from": number}   other blocks from there on, without their transfers
POST /behave    {"mode": "well" | "busy" | "nonsense" | "huge" | "unasked" | "removed"}
"""

import json
import sys
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TRANSFER = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"


class Chain:
    """Blocks and the transfers in them."""

    def __init__(self, chain_id: int) -> None:
        self.chain_id, self.mode, self.branch = chain_id, "well", 0
        self.blocks: list[dict[str, Any]] = []
        self.mine([])

    def mine(self, logs: list[dict[str, Any]]) -> int:
        number = len(self.blocks)
        made = [self._log(number, index, one) for index, one in enumerate(logs)]
        self.blocks.append({"number": hex(number), "hash": self._hash("block", number), "logs": made})
        return number

    def rewrite(self, first: int) -> None:
        height, self.branch = len(self.blocks), self.branch + 1
        del self.blocks[first:]
        while len(self.blocks) < height:
            self.mine([])

    def answer(self, method: str, parameters: list[Any]) -> Any:
        if method == "eth_chainId":
            return hex(self.chain_id)
        if method == "eth_blockNumber":
            return hex(len(self.blocks) - 1)
        if method == "eth_getBlockByNumber":
            number = int(parameters[0], 16)
            return self.blocks[number] if number < len(self.blocks) else None
        wanted = parameters[0]
        first, last = int(wanted["fromBlock"], 16), int(wanted["toBlock"], 16)
        found = [log for block in self.blocks[first : last + 1] for log in block["logs"]]
        if self.mode == "unasked":
            return found
        found = [
            log
            for log in found
            if log["address"] == wanted["address"] and log["topics"][2] == wanted["topics"][2]
        ]
        return [{**log, "removed": True} for log in found] if self.mode == "removed" else found

    def _log(self, number: int, index: int, one: dict[str, Any]) -> dict[str, Any]:
        topics = [TRANSFER, *("0x" + one[side][2:].lower().rjust(64, "0") for side in ("sender", "receiver"))]
        return {
            "address": one["address"].lower(),
            "topics": topics,
            "data": "0x" + f"{int(one['amount']):064x}",
            "blockNumber": hex(number),
            "blockHash": self._hash("block", number),
            "transactionHash": self._hash("transaction", number, index),
            "logIndex": hex(index),
            "removed": False,
        }

    def _hash(self, *parts: object) -> str:
        return "0x" + sha256(repr((self.branch, *parts)).encode()).hexdigest()


class Handler(BaseHTTPRequestHandler):
    chain: Chain

    def do_POST(self) -> None:
        told = json.loads(self.rfile.read(int(self.headers["Content-Length"])) or b"{}")
        chain, result = self.chain, None
        if self.path == "/mine":
            result = chain.mine(told["logs"])
        elif self.path == "/rewrite":
            chain.rewrite(told["from"])
        elif self.path == "/behave":
            chain.mode = told["mode"]
        elif chain.mode == "busy":
            return self._send(503, b"{}")
        elif chain.mode == "nonsense":
            return self._send(200, b'{"result": {"a": ')
        elif chain.mode == "huge":
            return self._send(200, b"[" + b" " * (21 * 2**20) + b"]")
        else:
            result = chain.answer(told["method"], told["params"])
        return self._send(200, json.dumps({"jsonrpc": "2.0", "id": 1, "result": result}).encode())

    def _send(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Nothing to say."""


if __name__ == "__main__":
    Handler.chain = Chain(int(sys.argv[2]))
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
