"""A stopped run goes on with the rates of one that went through, where it is built and loaded in order."""

import pytest
from torch.optim.lr_scheduler import CosineAnnealingLR, LambdaLR, StepLR

from course_utils.studies.resuming import follow, one_weight, resumed_rates


def halved(optimizer):
    return StepLR(optimizer, step_size=3, gamma=0.5)


def test_rates_are_those_of_the_steps_and_begin_with_the_first():
    assert follow(one_weight(0.8), halved, 7) == [0.8, 0.8, 0.8, 0.4, 0.4, 0.4, 0.2]


@pytest.mark.parametrize("make", [
    halved, lambda o: CosineAnnealingLR(o, 9), lambda o: LambdaLR(o, lambda t: 1 / (t + 1))],
    ids=["steps", "cosine", "lambda"])
@pytest.mark.parametrize("order", ["build, load optimizer, load scheduler", "build, load scheduler, load optimizer"])
def test_built_first_and_loaded_nothing_is_lost(make, order):
    assert resumed_rates(make, order, 4, 9) == follow(one_weight(), make, 9)[4:]


@pytest.mark.parametrize("order", ["load optimizer, build", "build, load optimizer"])
def test_a_scheduler_that_is_not_loaded_counts_anew_from_the_loaded_rate(order):
    assert resumed_rates(halved, order, 4, 9, lr=0.8) == [0.4, 0.4, 0.4, 0.2, 0.2]
    assert resumed_rates(halved, f"{order}, load scheduler", 4, 9, lr=0.8) == [0.4, 0.4, 0.2, 0.2, 0.2]


@pytest.mark.parametrize("order, says", [
    ("load optimizer", "and build"), ("build, load", "some of build, load optimizer"), ("", "and build"),
    ("load scheduler, build", "build the scheduler before")])
def test_an_order_that_cannot_be_is_refused(order, says):
    with pytest.raises(ValueError, match=f"order must .*{says}"):
        resumed_rates(halved, order, 4, 9)
