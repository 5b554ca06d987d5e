"""
The Merkle tree of the transparency log (RFC 9162, section 2.1): hashes, inclusion and consistency proofs.

Hashes are 32-byte SHA-256 digests. Proof generation asks for the hash of a complete subtree through a
callable, so that the same code serves a list in memory and tiles in a database.
"""

import hashlib
from collections.abc import Callable, Iterable, Sequence

EMPTY_ROOT = hashlib.sha256(b"").digest()
SubtreeHash = Callable[[int, int], bytes]
"""(first leaf, number of leaves = a power of two) -> hash of that complete, aligned subtree."""


def leaf_hash(data: bytes) -> bytes:
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


class ProofRejected(ValueError):
    """The proof does not show what it claims; the message says where it breaks."""


def _split(size: int) -> int:
    """The largest power of two smaller than `size` (size >= 2)."""
    return 1 << (size - 1).bit_length() - 1


def range_hash(first: int, size: int, subtree: SubtreeHash) -> bytes:
    """Root over leaves first .. first+size-1, where `first` is aligned as RFC 9162's recursion leaves it."""
    if size == 0:
        return EMPTY_ROOT
    if size & (size - 1) == 0:
        return subtree(first, size)
    left = _split(size)
    return node_hash(range_hash(first, left, subtree), range_hash(first + left, size - left, subtree))


def inclusion_proof(index: int, size: int, subtree: SubtreeHash) -> list[bytes]:
    """
    The audit path of leaf `index` in the tree of `size` leaves, nearest sibling first.

    raises  ProofRejected when the leaf is not in the tree
    source  RFC 9162, 2.1.3.1
    """
    if not 0 <= index < size:
        raise ProofRejected(f"Leaf {index} is not in a tree of {size} leaves.")

    def path(index: int, first: int, size: int) -> list[bytes]:
        if size == 1:
            return []
        left = _split(size)
        if index < left:
            return [*path(index, first, left), range_hash(first + left, size - left, subtree)]
        return [*path(index - left, first + left, size - left), range_hash(first, left, subtree)]

    return path(index, 0, size)


def consistency_proof(old_size: int, size: int, subtree: SubtreeHash) -> list[bytes]:
    """
    Proof that the tree of `old_size` leaves is a prefix of the tree of `size` leaves.

    raises  ProofRejected unless 0 < old_size <= size
    source  RFC 9162, 2.1.4.1
    """
    if not 0 < old_size <= size:
        raise ProofRejected(f"No consistency proof leads from {old_size} to {size} leaves.")

    def path(old: int, first: int, size: int, whole: bool) -> list[bytes]:
        if old == size:
            return [] if whole else [range_hash(first, size, subtree)]
        left = _split(size)
        if old <= left:
            return [*path(old, first, left, whole), range_hash(first + left, size - left, subtree)]
        return [*path(old - left, first + left, size - left, False), range_hash(first, left, subtree)]

    return path(old_size, 0, size, True)


def verify_inclusion(index: int, size: int, leaf: bytes, proof: Sequence[bytes], root: bytes) -> None:
    """
    Check that the leaf hash is at `index` of the tree of `size` leaves with this root.

    raises  ProofRejected
    source  RFC 9162, 2.1.3.2
    """
    if not 0 <= index < size:
        raise ProofRejected(f"Leaf {index} is not in a tree of {size} leaves.")
    if len(leaf) != hashlib.sha256().digest_size:
        raise ProofRejected("A leaf hash has 32 bytes.")
    node, last, here = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            raise ProofRejected("The proof is longer than the path to the root.")
        if node & 1 or node == last:
            here = node_hash(sibling, here)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            here = node_hash(here, sibling)
        node, last = node >> 1, last >> 1
    if last != 0:
        raise ProofRejected("The proof is shorter than the path to the root.")
    if here != root:
        raise ProofRejected("The path leads to another root.")


def verify_consistency(
    old_size: int, size: int, old_root: bytes, root: bytes, proof: Sequence[bytes]
) -> None:
    """
    Check that the tree (size, root) begins with the tree (old_size, old_root).

    raises  ProofRejected
    source  RFC 9162, 2.1.4.2
    """
    if not 0 < old_size <= size:
        raise ProofRejected(f"It proves nothing that a tree of {size} leaves begins with one of {old_size}.")
    if old_size == size:
        if proof:
            raise ProofRejected("Two trees of the same size need no proof.")
        if old_root != root:
            raise ProofRejected("Two trees of the same size have different roots.")
        return
    if not proof:
        raise ProofRejected("The proof is empty.")
    _follow_consistency(old_size, size, old_root, root, list(proof))


def _follow_consistency(old_size: int, size: int, old_root: bytes, root: bytes, path: list[bytes]) -> None:
    if old_size & (old_size - 1) == 0:
        path.insert(0, old_root)
    node, last = old_size - 1, size - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    old_here = here = path[0]
    for sibling in path[1:]:
        if last == 0:
            raise ProofRejected("The proof is longer than the path to the root.")
        if node & 1 or node == last:
            old_here, here = node_hash(sibling, old_here), node_hash(sibling, here)
            while not node & 1 and node:
                node, last = node >> 1, last >> 1
        else:
            here = node_hash(here, sibling)
        node, last = node >> 1, last >> 1
    if last != 0:
        raise ProofRejected("The proof is shorter than the path to the root.")
    if old_here != old_root:
        raise ProofRejected("The proof does not lead to the old root.")
    if here != root:
        raise ProofRejected("The proof does not lead to the new root.")


def reduce_pairs(hashes: Iterable[bytes]) -> list[bytes]:
    """One storey up: parents of a complete, even row of hashes."""
    row = list(hashes)
    sha = hashlib.sha256
    return [sha(b"\x01" + row[i] + row[i + 1]).digest() for i in range(0, len(row), 2)]


TILE = 256
"""Leaves under one stored node, and nodes of one level under one of the next."""


class Frontier:
    """
    The right edge of a growing tree: what has to be remembered to append leaves and know the root.

    rows  rows[0] holds the leaf hashes since the last full tile, rows[n] the stored nodes of level n since the
          last full tile of that level; each row is shorter than 256
    """

    def __init__(self, size: int = 0, rows: Sequence[Sequence[bytes]] = ()) -> None:
        self.size = size
        self.rows = [list(row) for row in rows] or [[]]

    def append(self, leaf: bytes) -> list[tuple[int, int, bytes]]:
        """Add one leaf hash; returns the nodes that it completes as (level, index, hash)."""
        completed: list[tuple[int, int, bytes]] = []
        self.size += 1
        level, node = 0, leaf
        while True:
            if level == len(self.rows):
                self.rows.append([])
            row = self.rows[level]
            row.append(node)
            if len(row) < TILE:
                return completed
            while len(row) > 1:
                row = reduce_pairs(row)
            self.rows[level] = []
            level, node = level + 1, row[0]
            completed.append((level, (self.size >> 8 * level) - 1, node))

    def root(self) -> bytes:
        """RFC 9162's root of the tree so far."""
        here: bytes | None = None
        for row in self.rows:
            for node in reversed(_whole_subtrees(row)):
                here = node if here is None else node_hash(node, here)
        return EMPTY_ROOT if here is None else here


def _whole_subtrees(row: Sequence[bytes]) -> list[bytes]:
    """Roots of the largest complete subtrees that a row of hashes falls into, left to right."""
    roots, first = [], 0
    while first < len(row):
        size = 1 << (len(row) - first).bit_length() - 1
        part = list(row[first : first + size])
        while len(part) > 1:
            part = reduce_pairs(part)
        roots.append(part[0])
        first += size
    return roots
