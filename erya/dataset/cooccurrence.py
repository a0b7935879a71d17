"""Token vectors by counting: which tokens stand beside which, seen before any training.

In: texts as ids, alone or in aligned pairs. Out: a vector a token; tokens that stand in like places, or across from the
same tokens in their pairs, are alike. A model whose embedding begins with them need not find by gradients what counting
shows.

Source: Levy and Goldberg 2014, "Neural Word Embedding as Implicit Matrix Factorization" (positive pointwise mutual
information, reduced by its singular vectors, each times the root of its value); Levy, Goldberg and Dagan 2015,
"Improving Distributional Similarity", section 3 (contexts by place, and smoothed).
"""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float
from scipy import sparse
from sklearn.utils.extmath import randomized_svd

from erya.dataset.examples import Texts
from erya.dataset.rows import Ints

WINDOW = 2
SMOOTHING = 0.75
MOST_COUNTED = 30_000_000  # neighbours, and tokens across: what bounds time and memory
ITERATIONS = 2  # of the singular vectors' search; more change nothing that training would not


def token_vectors(sides: Sequence[Texts], vocab_size: int, size: int) -> Float[np.ndarray, "V D"]:
    """A vector of length one for each token that stands beside others, zeros for the rest.

    `sides` is one list of texts, or two whose texts belong together one by one.
    """
    joined = np.concatenate([_apart(side)[: MOST_COUNTED // (len(sides) * WINDOW)] for side in sides])
    contexts = []
    for distance in range(1, WINDOW + 1):
        before, after = joined[:-distance], joined[distance:]
        inside = (before >= 0) & (after >= 0)
        shape = (vocab_size, vocab_size)
        beside = sparse.csr_matrix((np.ones(inside.sum()), (before[inside], after[inside])), shape)
        contexts += [beside, beside.T]
    if len(sides) == 2:
        across = _across(sides[0], sides[1], vocab_size)
        contexts.append(across + across.T)
    return _reduced(_information(sparse.hstack(contexts).tocoo()), size)


def _apart(texts: Texts) -> Ints:
    """All ids in a row, with so many of no token between two texts that none stands beside another's."""
    ids, bounds = texts
    return np.insert(ids, np.repeat(bounds[1:], WINDOW), -1)


def _across(one: Texts, other: Texts, vocab_size: int) -> sparse.csr_matrix:
    """How often tokens are on the two sides of a pair; a token of a longer text means less.

    Of very many or long pairs only some, evenly spread, are counted.
    """
    lengths = np.stack([np.diff(one[1]), np.diff(other[1])])
    step = -(-int(lengths.prod(axis=0).sum()) // MOST_COUNTED) or 1
    left, right = (
        sparse.csr_matrix((np.ones(len(ids)), ids, bounds), (len(bounds) - 1, vocab_size))[::step]
        for ids, bounds in (one, other)
    )
    return left.T @ sparse.diags(1 / lengths.max(axis=0).clip(min=1)[::step]) @ right


def _information(counts: sparse.coo_matrix) -> sparse.csr_matrix:
    """The positive pointwise mutual information of tokens (rows) and contexts (columns)."""
    tokens = np.asarray(counts.sum(axis=1)).ravel()
    contexts = np.asarray(counts.sum(axis=0)).ravel() ** SMOOTHING
    shares = contexts / max(contexts.sum(), 1)
    ratio = counts.data / (tokens[counts.row] * shares[counts.col])
    return sparse.csr_matrix((np.log(ratio).clip(min=0), (counts.row, counts.col)), counts.shape, dtype=np.float32)


def _reduced(information: sparse.csr_matrix, size: int) -> Float[np.ndarray, "V D"]:
    found = min(size, *information.shape)
    left, values, _ = randomized_svd(information, found, n_iter=ITERATIONS, random_state=0)
    vectors = np.zeros((information.shape[0], size), np.float32)
    vectors[:, :found] = left * np.sqrt(values)
    seen = np.diff(information.indptr) > 0
    vectors[seen] -= vectors[seen].sum(axis=0) / max(seen.sum(), 1)
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.where(seen[:, None] & (lengths > 0), vectors / np.maximum(lengths, 1e-12), 0)
