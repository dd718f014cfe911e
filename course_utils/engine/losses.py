"""The mean loss and the accuracy of outputs, and which shapes of outputs answer which targets."""

import torch
import torch.nn.functional as F

from ..data import TASK_RULE

__all__ = ["fitted", "has_accuracy", "mean_loss", "problem_with", "scores_of"]


def mean_loss(task, outputs, y):
    """Cross-entropy for classes, the last axis of the outputs; squared error for values. Always the mean."""
    if task == "classification":
        return F.cross_entropy(outputs.flatten(0, -2), y.flatten())
    return F.mse_loss(outputs, y)


def scores_of(outputs, y, task, loss=None):
    """The mean loss and, where the outputs hold a score for each class, the share of right answers."""
    outputs = fitted(task, outputs, y) if loss is None else outputs
    value = mean_loss(task, outputs, y) if loss is None else loss(outputs, y).detach().reshape(())
    if not has_accuracy(outputs, y, task):
        return [value]
    return [value, (outputs.argmax(-1) == y).float().mean()]


def has_accuracy(outputs, y, task):
    """Whether the outputs hold a score for each class and no more than one answer for each target."""
    return (task == "classification" and isinstance(outputs, torch.Tensor) and outputs.ndim == y.ndim + 1
            and outputs.shape[:-1] == y.shape and outputs.shape[-1] > 1)


def fitted(task, outputs, y):
    """The outputs in the shape of their targets, where axes of length 1 are all that differs."""
    wanted = y.shape if task == "regression" else (*y.shape, outputs.shape[-1] if outputs.ndim else 1)
    if outputs.shape == wanted or not _answers(outputs.shape, wanted):
        return outputs
    return outputs.reshape(wanted)


def _answers(found, wanted):
    """Whether one shape is the other but for axes of length 1; the first axis counts the examples."""
    if wanted[0] > 1 and (len(found) == 0 or found[0] != wanted[0]):
        return False
    return [n for n in found if n > 1] == [n for n in wanted if n > 1]


def problem_with(outputs, y, data, name="the model"):
    """What is wrong with outputs for the targets y (n, …), in words; None if they fit. Of n = 1 little can be told."""
    shape, targets = tuple(outputs.shape), tuple(y.shape)
    if data.task == "regression":
        if not _answers(shape, targets):
            return (f"{name} returns shape {shape} where the targets of {data.name} have shape {targets}: the first "
                    f"axis counts the examples, the others must agree{_hint_of_classes(shape, targets)}")
        return None
    if len(shape) == len(targets) + 1 and shape[:-1] == targets:
        if shape[-1] < data.n_classes:
            return (f"the labels of {data.name} go up to {data.n_classes - 1}, so the model needs at least "
                    f"{data.n_classes} outputs; it has {shape[-1]}. {TASK_RULE} "
                    "One output for two classes needs a loss=")
        return None
    hint = ""
    if len(shape) == len(targets) + 1 and shape[2:] == targets[1:] and shape[0] == targets[0]:
        hint = "; the scores of the classes must stand last: return outputs.movedim(1, -1)"
    elif len(shape) == 1 and shape == targets:
        hint = f"; one number an example answers values. {TASK_RULE}"
    return (f"{name} returns shape {shape} where the targets of {data.name} have shape {targets}: classes need "
            f"shape {(*targets, 'classes')}{hint}".replace("'classes'", "classes"))


def _hint_of_classes(shape, targets):
    """Several outputs for one number look like scores of classes."""
    return f". {TASK_RULE}" if len(targets) == 1 and shape[:1] == targets and len(shape) == 2 else ""
