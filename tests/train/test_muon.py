"""Muon: orthogonal updates, fused projections by parts, and the same update as torch.optim.Muon."""

import pytest
import torch

from erya.train.muon import Muon, orthogonalize, update_scale
from erya.train.optimizer import OptimizerConfig, build_optimizer

# The quintic trades exactness for speed: it leaves singular values in about 0.68 to 1.13 (Jordan et al. 2024).
LOWEST, HIGHEST = 0.6, 1.2
# torch.optim.Muon rounds its matrices to bfloat16 (8 bits, relative error 2^-8) in five iterations whose products
# amplify it; the direction differs by about a hundredth, measured over the whole matrix.
BFLOAT16_TOLERANCE = 0.03
# The same arithmetic in float32, batched or not.
FLOAT32_TOLERANCE = 1e-5


def relative(got: torch.Tensor, expected: torch.Tensor) -> float:
    return float((got - expected).norm() / expected.norm())


@pytest.mark.parametrize("shape", [(3, 16, 48), (2, 48, 16), (1, 32, 32)])
def test_singular_values_become_about_one(shape):
    matrices = torch.randn(shape, generator=torch.Generator().manual_seed(1))
    values = torch.linalg.svdvals(orthogonalize(matrices, torch.float32))
    assert float(values.min()) > LOWEST
    assert float(values.max()) < HIGHEST


def test_batched_is_alone_and_zero_stays_zero():
    matrices = torch.randn(4, 8, 24, generator=torch.Generator().manual_seed(2))
    together = orthogonalize(matrices, torch.float32)
    alone = torch.cat([orthogonalize(matrix[None], torch.float32) for matrix in matrices])
    assert relative(together, alone) < FLOAT32_TOLERANCE
    assert not orthogonalize(torch.zeros(1, 4, 4), torch.float32).any()


@pytest.mark.parametrize("shape", [(24, 8), (8, 24), (16, 16)])
def test_equals_torch_muon_on_an_unfused_matrix(shape):
    start = torch.randn(shape, generator=torch.Generator().manual_seed(3))
    ours, theirs = torch.nn.Parameter(start.clone()), torch.nn.Parameter(start.clone())
    settings = {"momentum": 0.9, "weight_decay": 0.1}
    mine = Muon([ours], 0.1, **settings)
    reference = torch.optim.Muon([theirs], lr=0.1, nesterov=True, **settings)
    generator = torch.Generator().manual_seed(4)
    for _ in range(5):
        gradient = torch.randn(shape, generator=generator)
        ours.grad, theirs.grad = gradient.clone(), gradient.clone()
        mine.step()
        reference.step()
    assert relative(ours.detach() - start, theirs.detach() - start) < BFLOAT16_TOLERANCE


def test_a_fused_projection_moves_as_its_parts_do():
    start = torch.randn(20, 8, generator=torch.Generator().manual_seed(5))
    gradient = torch.randn(20, 8, generator=torch.Generator().manual_seed(6))
    fused = torch.nn.Parameter(start.clone())
    parts = [torch.nn.Parameter(part.clone()) for part in start.split((12, 4, 4))]
    fused.grad = gradient.clone()
    for part, piece in zip(parts, gradient.split((12, 4, 4)), strict=True):
        part.grad = piece.clone()
    Muon([fused], 0.1, parts={fused: (12, 4, 4)}).step()
    Muon(parts, 0.1).step()
    whole = torch.nn.Parameter(start.clone())
    whole.grad = gradient.clone()
    Muon([whole], 0.1).step()
    move = fused.detach() - start
    assert relative(move, torch.cat([part.detach() for part in parts]) - start) < FLOAT32_TOLERANCE
    assert relative(move, whole.detach() - start) > BFLOAT16_TOLERANCE


def test_the_update_has_the_scale_of_its_shape():
    assert update_scale(32, 8) == 2.0
    assert update_scale(8, 32) == 1.0


class Toy(torch.nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.embedding = torch.nn.Embedding(10, 4)
        self.inner = torch.nn.Linear(4, 6)


@pytest.mark.parametrize(("name", "moved"), [("muon", 24), ("adamw", 24)])
def test_only_the_hidden_matrices_decay_and_the_split_is_said(name, moved):
    model = Toy()
    optimizer = build_optimizer(model, {"inner.weight": (3, 3)}, OptimizerConfig(name=name, weight_decay=0.5))
    matrices, others = optimizer.parts
    assert (matrices.parameters, others.parameters) == (moved, 46)
    assert f"{moved} parameters" in optimizer.summary()
    before = {key: value.clone() for key, value in model.state_dict().items()}
    for parameter in model.parameters():
        parameter.grad = torch.zeros_like(parameter)
    optimizer.step(1.0)
    assert not torch.equal(model.inner.weight, before["inner.weight"])
    assert torch.equal(model.embedding.weight, before["embedding.weight"])
    assert torch.equal(model.inner.bias, before["inner.bias"])


@pytest.mark.parametrize("name", ["muon", "adamw"])
def test_saved_moments_go_on_as_if_never_stopped(name):
    def run(saves: int) -> list[torch.Tensor]:
        torch.manual_seed(0)
        model = Toy()
        config = OptimizerConfig(name=name)
        optimizer = build_optimizer(model, {"inner.weight": (6,)}, config)
        generator = torch.Generator().manual_seed(1)
        for step in range(6):
            if step == saves:
                state = {key: value.clone() for key, value in optimizer.state().items()}
                optimizer = build_optimizer(model, {"inner.weight": (6,)}, config)
                optimizer.load_state(state)
            for parameter in model.parameters():
                parameter.grad = torch.randn(parameter.shape, generator=generator)
            optimizer.step(0.5)
        return [parameter.detach() for parameter in model.parameters()]

    assert all(torch.equal(a, b) for a, b in zip(run(-1), run(3), strict=True))
