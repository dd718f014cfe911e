"""What decides results beside model, data and hyperparameters: torch's switches, its hooks, and what was replaced."""

import types

import torch

from .libraries import is_foreign
from .values import inner_function

__all__ = ["hooks_on_all", "replaced_in_torch", "switches"]

_TINY = 5e-324
_SWITCHES = {
    "default dtype": torch.get_default_dtype,
    "default device": lambda: torch.get_default_device(),
    "deterministic algorithms": torch.are_deterministic_algorithms_enabled,
    "fill of uninitialized memory": lambda: torch.utils.deterministic.fill_uninitialized_memory,
    "precision of float32 products": torch.get_float32_matmul_precision,
    "gradients": torch.is_grad_enabled,
    "inference mode": torch.is_inference_mode_enabled,
    "autocast on the CPU": lambda: (torch.is_autocast_enabled("cpu"), torch.get_autocast_dtype("cpu")),
    "autocast on the GPU": lambda: (torch.is_autocast_enabled("cuda"), torch.get_autocast_dtype("cuda")),
    "tiny numbers are 0": lambda: _TINY * 1.0 == 0.0,
    "cudnn": lambda: [getattr(torch.backends.cudnn, name) for name in ("enabled", "benchmark", "deterministic",
                                                                       "allow_tf32")],
    "matmul on the GPU": lambda: [getattr(torch.backends.cuda.matmul, name) for name in (
        "allow_tf32", "allow_fp16_reduced_precision_reduction", "allow_bf16_reduced_precision_reduction")],
    "attention on the GPU": lambda: [getattr(torch.backends.cuda, f"{name}_sdp_enabled")() for name in (
        "flash", "mem_efficient", "math", "cudnn")],
    "mkldnn": lambda: torch.backends.mkldnn.enabled,
    "opt_einsum": lambda: (torch.backends.opt_einsum.enabled, torch.backends.opt_einsum.strategy),
}


def switches():
    """The settings of torch: a dict of names and texts."""
    return {name: str(_ask(question)) for name, question in _SWITCHES.items()}


def hooks_on_all():
    """The hooks that torch calls for every module: a dict of names and lists of functions."""
    return {name: list(value.values()) for name, value in sorted(vars(torch.nn.modules.module).items())
            if name.startswith("_global_") and isinstance(value, dict) and value}


def replaced_in_torch():
    """The functions that somebody has put in the place of torch's: a dict of dotted names and functions."""
    replaced = {}
    for space in (torch, torch.nn.functional, torch.nn.init, torch.Tensor, *_layers()):
        for name, member in vars(space).items():
            if isinstance(function := inner_function(member), types.FunctionType) and is_foreign(function):
                replaced[f"{space.__name__}.{name}"] = function
    return replaced


def _layers():
    return [layer for layer in vars(torch.nn).values() if isinstance(layer, type)]


def _ask(question):
    try:
        return question()
    except (AttributeError, RuntimeError, TypeError):  # this torch has no such switch, or asks it otherwise
        return None
