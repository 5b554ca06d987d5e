"""
The port to a chain: the JSON-RPC of an Ethereum node, read only, bounded in time and size.

source  Ethereum JSON-RPC specification (eth_chainId, eth_blockNumber, eth_getBlockByNumber, eth_getLogs); ERC-20
        event Transfer(address indexed from, address indexed to, uint256 value)
"""

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from typing import Any, Protocol

from investors.stablecoins.facts import Arrival, Block, Token
from portal.domain.errors import Refused

TRANSFER_TOPIC = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"
"""Keccak-256 of "Transfer(address,address,uint256)"."""
LARGEST_ANSWER = 20 * 2**20
SECONDS = 15.0


class NodeFailed(Refused):
    """The node did not answer, or not in the form of the specification; nothing was taken from it."""

    code = "chain-node-failed"
    status = 502


class Node(Protocol):
    """What the reading of deposits asks of a chain."""

    def chain_id(self) -> int: ...
    def head(self) -> int: ...
    def block(self, number: int) -> Block: ...
    def arrivals(self, token: Token, first: int, last: int) -> list[Arrival]: ...


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None


class HttpNode:
    """A node behind a URL."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._opener = urllib.request.build_opener(_NoRedirects)

    def chain_id(self) -> int:
        return _number(self._ask("eth_chainId"))

    def head(self) -> int:
        return _number(self._ask("eth_blockNumber"))

    def block(self, number: int) -> Block:
        """raises  NodeFailed when there is no such block"""
        found = self._ask("eth_getBlockByNumber", hex(number), False)
        if not isinstance(found, Mapping):
            raise NodeFailed(f"The node knows no block {number}.")
        return Block(_number(found.get("number")), _bytes(found.get("hash"), 32))

    def arrivals(self, token: Token, first: int, last: int) -> list[Arrival]:
        """Transfers of the token to the receiver in these blocks, both included, in the chain's order."""
        wanted = {
            "address": token.contract,
            "fromBlock": hex(first),
            "toBlock": hex(last),
            "topics": [TRANSFER_TOPIC, None, "0x" + token.receiver.removeprefix("0x").rjust(64, "0")],
        }
        found = self._ask("eth_getLogs", wanted)
        if not isinstance(found, list):
            raise NodeFailed("The node's logs are no list.")
        made = [_arrival(row, token, first, last) for row in found]
        return sorted(made, key=lambda one: (one.block.number, one.log_index))

    def _ask(self, method: str, *parameters: Any) -> Any:
        body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": parameters}).encode()
        request = urllib.request.Request(  # noqa: S310 - the setting is an http(s) URL
            self._url, data=body, headers={"Content-Type": "application/json"}, method="POST"
        )
        try:
            with self._opener.open(request, timeout=SECONDS) as answer:
                raw = answer.read(LARGEST_ANSWER + 1)
        except (OSError, urllib.error.URLError, ValueError) as error:
            raise NodeFailed(f"The node did not answer {method}: {error}.") from error
        if len(raw) > LARGEST_ANSWER:
            raise NodeFailed(f"The node's answer to {method} has more than {LARGEST_ANSWER} bytes.")
        try:
            told = json.loads(raw)
        except ValueError as error:
            raise NodeFailed(f"The node's answer to {method} is no JSON.") from error
        if not isinstance(told, Mapping) or "result" not in told:
            reason = told.get("error") if isinstance(told, Mapping) else told
            raise NodeFailed(f"The node refused {method}: {str(reason)[:200]}")
        return told["result"]


def _arrival(row: Any, token: Token, first: int, last: int) -> Arrival:
    if not isinstance(row, Mapping) or row.get("removed") is True:
        raise NodeFailed("The node told of a log that is no longer in the chain.")
    topics = row.get("topics")
    told = (
        isinstance(topics, list)
        and len(topics) == 3
        and str(topics[0]).lower() == TRANSFER_TOPIC
        and str(topics[2]).lower()[-40:] == token.receiver.removeprefix("0x")
        and str(row.get("address")).lower() == token.contract
    )
    number = _number(row.get("blockNumber"))
    if not told or not first <= number <= last:
        raise NodeFailed("The node told of a log that was not asked for.")
    return Arrival(
        block=Block(number, _bytes(row.get("blockHash"), 32)),
        transaction=_bytes(row.get("transactionHash"), 32),
        log_index=_number(row.get("logIndex")),
        sender="0x" + _bytes(topics[1], 32)[-40:],  # type: ignore[index]
        amount=int(_bytes(row.get("data"), 32), 16),
    )


def _number(value: Any) -> int:
    if not isinstance(value, str) or not value.startswith("0x") or len(value) > 18:
        raise NodeFailed(f"{str(value)[:40]!r} is no quantity of the specification.")
    try:
        return int(value, 16)
    except ValueError as error:
        raise NodeFailed(f"{value!r} is no quantity of the specification.") from error


def _bytes(value: Any, length: int) -> str:
    text = str(value).lower()
    if len(text) != 2 + 2 * length or not text.startswith("0x"):
        raise NodeFailed(f"{text[:80]!r} does not have {length} bytes.")
    try:
        int(text, 16)
    except ValueError as error:
        raise NodeFailed(f"{text[:80]!r} does not have {length} bytes.") from error
    return text
