"""The sharpness is the largest eigenvalue of the Hessian, of the very loss that is trained."""

import numpy as np
import pytest
import torch
from torch import nn
from torch.func import functional_call, hessian

from course_utils.curvature import sharpness
from course_utils.data import Dataset, load_diabetes, make_blobs
from course_utils.engine.stacks import fresh_network, initial_weights
from course_utils.landscapes import least_squares
from course_utils.models import linear, mlp

BLOBS = make_blobs()


def exact(model, data, weights):
    """Eigenvalues of the whole Hessian, by torch.func.hessian on the ordinary module."""
    network = fresh_network(model)
    x, y = torch.tensor(data.x_train).double(), torch.tensor(data.y_train)
    shapes = [(name, p.shape) for name, p in network.named_parameters()]

    def loss(w):
        parts = w.split([shape.numel() for _, shape in shapes])
        out = functional_call(network, {n: p.view(s) for (n, s), p in zip(shapes, parts, strict=True)}, (x,))
        if data.task == "classification":
            return nn.functional.cross_entropy(out, y)
        return nn.functional.mse_loss(out[:, 0], y.double())

    return torch.linalg.eigvalsh(hessian(loss)(weights.double())).numpy()


@pytest.mark.parametrize("model", [mlp(2, 16, 3), mlp(2, 8, 8, 3, activation="tanh", init_scale=2.0), linear(2, 3)])
def test_it_is_the_largest_eigenvalue_of_the_hessian(model):
    weights = torch.stack([initial_weights(model, seed) for seed in range(3)])
    found = sharpness(model, BLOBS, weights, n_steps=40)
    assert found == pytest.approx([exact(model, BLOBS, w)[-1] for w in weights], rel=1e-6)


def test_of_least_squares_it_is_that_of_the_landscape():
    data = load_diabetes()
    hill = least_squares(data.x_train, data.y_train)
    found = sharpness(linear(10, 1), data, torch.zeros(11))
    assert found == pytest.approx(2 * hill.sharpness, rel=1e-5)  # the landscape is half of the mean squared error


def test_it_is_the_largest_and_not_the_largest_in_size():
    """Where the most curved direction curves down, λmax is another one."""
    x = np.ones((4, 1), dtype=np.float32)
    data = Dataset("one number", x, 5 * x[:, 0], x, x[:, 0], x, x[:, 0])

    class Saddle(nn.Module):  # output w₁² / 2 at w₁ = 0 misses the target 5: curvature −2 · 5; w₂ adds curvature 2
        def __init__(self):
            super().__init__()
            self.w = nn.Parameter(torch.zeros(2))

        def forward(self, x):
            return x * self.w[0] ** 2 / 2 + x * self.w[1]

    assert exact(Saddle, data, torch.zeros(2)) == pytest.approx([-10, 2])
    assert sharpness(Saddle, data, torch.zeros(2)) == pytest.approx(2)


def test_one_network_gives_a_number_and_a_stack_an_array():
    weights = torch.stack([initial_weights(mlp(2, 4, 3), seed) for seed in range(2)])
    both = sharpness(mlp(2, 4, 3), BLOBS, weights)
    assert both.shape == (2,) and sharpness(mlp(2, 4, 3), BLOBS, weights[1]) == pytest.approx(both[1], rel=1e-9)


def test_weights_that_diverged_have_no_sharpness_and_disturb_no_others():
    weights = torch.stack([initial_weights(mlp(2, 4, 3), seed) for seed in range(3)])
    before = sharpness(mlp(2, 4, 3), BLOBS, weights)
    weights[1] = float("nan")
    after = sharpness(mlp(2, 4, 3), BLOBS, weights)
    assert np.isnan(after[1]) and np.allclose(after[[0, 2]], before[[0, 2]], rtol=1e-9)


def test_torchs_random_state_is_left_alone():
    torch.manual_seed(3)
    state = torch.get_rng_state()
    sharpness(mlp(2, 4, 3), BLOBS, initial_weights(mlp(2, 4, 3), 0))
    assert torch.equal(state, torch.get_rng_state())


class Recurrent(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.memory, self.out = torch.nn.LSTM(2, 4), torch.nn.Linear(4, 3)

    def forward(self, x):
        return self.out(self.memory(x)[0])


def test_dropout_and_batch_statistics_are_taken_in_evaluation_mode_and_what_cannot_be_taken_is_told():
    model = lambda: torch.nn.Sequential(torch.nn.Linear(2, 4), torch.nn.BatchNorm1d(4), torch.nn.Tanh(),
                                        torch.nn.Dropout(0.5), torch.nn.Linear(4, 3))
    first = sharpness(model, BLOBS, initial_weights(model, 0))
    assert first > 0 and first == sharpness(model, BLOBS, initial_weights(model, 0))
    with pytest.raises(ValueError, match="sharpness needs a model of plain tensor operations"):
        sharpness(Recurrent, BLOBS, initial_weights(Recurrent, 0))
