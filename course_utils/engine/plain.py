"""The plain way: an ordinary PyTorch loop over networks, each a module of its own with its own optimizer.

It takes any module: with dropout, batch statistics, recurrent layers, hooks, shared or frozen weights. Every network
draws from its own random numbers, as if it were trained alone: `torch.manual_seed(seed)`, the network, then whatever
its layers draw while it trains; the order of the examples comes from a generator of the same seed.
"""

from math import ceil

import torch

from .losses import fitted, mean_loss, scores_of
from .networks import buffers_of, build, random_state, seeded, set_random_state, weights_of
from .steps import FunctionStep, TorchStep, dense, kind_of
from .tracing import alone

__all__ = ["Learner"]

SCORED = 512  # examples whose outputs are computed at a time


class Learner:
    """One network on its way: `epoch(rates)` trains it for another epoch and says how it then does."""

    def __init__(self, setting, seed, parts, task, loss, way, top, device):
        with seeded(seed):
            self.module = build(setting["model"], parts["train"][0][:1].cpu()).to(device)
            self.random = random_state()
            hyper = {name: value for name, value in setting.items()
                     if name not in ("model", "optimizer", "lr", "batch_size")}
            if kind_of(setting["optimizer"]) == "rows":
                self.step = FunctionStep(setting["optimizer"], self.module, hyper)
            else:
                self.step = TorchStep(setting["optimizer"], self.module, top, hyper)
        self.order = torch.Generator().manual_seed(seed)
        self.parts, self.task, self.loss, self.whole = parts, task, loss, way.whole
        self.batch_size, self.lost = setting["batch_size"], False

    def epoch(self, rates):
        """Train for an epoch: the loss of each batch (steps,) and the scores after it, by name."""
        with alone:  # the random state belongs to all threads
            outside = random_state()
            set_random_state(self.random)
            try:
                losses, gauges = self._trained(rates)
                with self.step.judged():
                    scores = self._scored()
                    self.shown = weights_of(self.module).cpu()
                return losses, gauges | scores
            finally:
                self.random = random_state()
                set_random_state(outside)

    def _trained(self, rates):
        x, y = self.parts["train"]
        order = torch.randperm(len(x), generator=self.order).to(x.device)
        losses, gauges = torch.full((ceil(len(x) / self.batch_size),), torch.nan), {"gradient_norm": torch.nan,
                                                                                    "update_ratio": torch.nan}
        self.module.train()
        for step, rows in enumerate(order.split(self.batch_size)):
            if self.lost:
                break
            last = step == len(losses) - 1
            before = weights_of(self.module) if last else None
            try:
                losses[step] = self.step(rates[step], lambda xs=x[rows], ys=y[rows]: self._loss(self.module(xs), ys))
            except (RuntimeError, ValueError, ArithmeticError):
                if self._finite(x[rows]):
                    raise
                self.lost = True  # a loss that cannot take what is no finite number
            if last:
                gauges = self._gauges(before)
        self.lost = self.lost or not bool(torch.isfinite(weights_of(self.module)).all())
        return losses, gauges

    @torch.no_grad()
    def _finite(self, x):
        outputs = self.module(x)
        return bool(torch.isfinite(weights_of(self.module)).all()) and not (
            isinstance(outputs, torch.Tensor) and not outputs.isfinite().all())

    def _loss(self, outputs, y):
        if self.loss is not None:
            return self.loss(outputs, y).reshape(())
        return mean_loss(self.task, fitted(self.task, outputs, y), y)

    def _gauges(self, before):
        gradients = [g for g in self.step.gradient() if g is not None]
        return {"gradient_norm": float(torch.nn.utils.get_total_norm([dense(g) for g in gradients])),
                "update_ratio": float((weights_of(self.module) - before).norm() / before.norm())}

    @torch.no_grad()
    def _scored(self):
        """Mean loss and accuracy on each part, in evaluation mode."""
        self.module.eval()
        scores = {}
        for part, (x, y) in self.parts.items():
            found = self._lost_scores(x, y) if self.lost else self._scores(x, y)
            names = [f"{part}_loss", f"{part}_accuracy"]
            scores |= {name: float(value) for name, value in zip(names, found, strict=False)}
        return scores

    def _scores(self, x, y):
        if self.whole or len(x) <= SCORED:
            return scores_of(self.module(x), y, self.task, self.loss)
        outputs = [self.module(xs) for xs in x.split(SCORED)]
        if self.loss is None:
            outputs = [fitted(self.task, o, ys) for o, ys in zip(outputs, y.split(SCORED), strict=True)]
        elif not all(isinstance(o, torch.Tensor) and o.ndim == outputs[0].ndim > 0 for o in outputs):
            return scores_of(self.module(x), y, self.task, self.loss)
        return scores_of(torch.cat(outputs), y, self.task, self.loss)

    def _lost_scores(self, x, y):
        """As many NaN as there would be scores."""
        try:
            return [torch.nan] * len(scores_of(self.module(x[:1]), y[:1], self.task, self.loss))
        except (RuntimeError, ValueError, ArithmeticError):
            return [torch.nan] * (2 if self.task == "classification" else 1)

    def weights(self):
        """Those that the network was judged by after the last epoch."""
        return self.shown

    def buffers(self):
        return {name: b.cpu() for name, b in buffers_of(self.module).items()}
