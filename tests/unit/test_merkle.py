"""The Merkle tree against RFC 9162's own definition, the published vectors, and itself."""

import base64
import hashlib
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.domain.merkle import (
    EMPTY_ROOT,
    Frontier,
    ProofRejected,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    range_hash,
    verify_consistency,
    verify_inclusion,
)


def tree_hash(leaves):
    """RFC 9162, 2.1.1, word for word."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    return node_hash(tree_hash(leaves[:split]), tree_hash(leaves[split:]))


def leaves_of(size):
    return [leaf_hash(str(number).encode()) for number in range(size)]


def subtree_of(leaves):
    return lambda first, size: tree_hash(leaves[first : first + size])


def vectors(folder):
    for path in sorted(folder.rglob("*.json")):
        yield path, json.loads(path.read_text())


def decoded(vector, name):
    return base64.b64decode(vector[name] or "")


def test_the_root_of_no_leaves_is_the_hash_of_nothing():
    assert Frontier().root() == EMPTY_ROOT == range_hash(0, 0, subtree_of([]))


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 255, 256, 257, 511, 513, 70_000])
def test_a_frontier_knows_the_root_that_the_definition_gives(size):
    leaves = leaves_of(size)
    frontier = Frontier()
    for leaf in leaves:
        frontier.append(leaf)
    assert frontier.root() == tree_hash(leaves)


def test_a_frontier_tells_each_node_that_it_completes():
    leaves = leaves_of(600)
    frontier = Frontier()
    completed = [node for leaf in leaves for node in frontier.append(leaf)]
    assert completed == [(1, 0, tree_hash(leaves[:256])), (1, 1, tree_hash(leaves[256:512]))]


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 300), st.data())
def test_every_proof_made_is_accepted_and_no_changed_one(size, data):
    leaves = leaves_of(size)
    subtree, root = subtree_of(leaves), tree_hash(leaves)
    index = data.draw(st.integers(0, size - 1))
    proof = inclusion_proof(index, size, subtree)
    verify_inclusion(index, size, leaves[index], proof, root)
    with pytest.raises(ProofRejected):
        verify_inclusion(index, size, leaf_hash(b"another"), proof, root)
    old = data.draw(st.integers(1, size))
    path = consistency_proof(old, size, subtree)
    verify_consistency(old, size, tree_hash(leaves[:old]), root, path)
    if old < size:
        with pytest.raises(ProofRejected):
            verify_consistency(old, size, leaf_hash(b"another"), root, path)
        with pytest.raises(ProofRejected):
            verify_consistency(old, size, tree_hash(leaves[:old]), root, path[:-1])


def test_the_published_inclusion_vectors_are_judged_as_they_say(reference_data):
    judged = 0
    for path, vector in vectors(reference_data / "merkle" / "inclusion"):
        arguments = (
            vector["leafIdx"],
            vector["treeSize"],
            decoded(vector, "leafHash"),
            [base64.b64decode(part) for part in vector["proof"] or []],
            decoded(vector, "root"),
        )
        judged += 1
        if vector["wantErr"]:
            with pytest.raises(ProofRejected):
                verify_inclusion(*arguments)
                pytest.fail(f"{path} should have been refused")
        else:
            verify_inclusion(*arguments)
    assert judged == 98


def test_the_published_consistency_vectors_are_judged_as_they_say(reference_data):
    judged = 0
    for path, vector in vectors(reference_data / "merkle" / "consistency"):
        arguments = (
            vector["size1"],
            vector["size2"],
            decoded(vector, "root1"),
            decoded(vector, "root2"),
            [base64.b64decode(part) for part in vector["proof"] or []],
        )
        judged += 1
        if vector["wantErr"]:
            with pytest.raises(ProofRejected):
                verify_consistency(*arguments)
                pytest.fail(f"{path} should have been refused")
        else:
            verify_consistency(*arguments)
    assert judged == 98
