"""Sweeps against peers: `python benchmarks/sweep.py [80 240 ...]`, a table of seconds for that many networks.

All train the blobs' 2-50-3 network for 200 epochs in batches of 32 and score it on the validation part after every
epoch; `sweep` records the training and test part, too. Each figure comes from a process of its own that computes on
one thread (the pool: two such processes). A peer that would take minutes trains fewer networks and is marked ~. The
floor is the five batched matrix products of a training step alone, in their best layout. JAX is optional:
`python -m pip install jax`.
"""

import json
import os
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
import psutil

EPOCHS, BATCH, HIDDEN = 200, 32, 50
STEPS = EPOCHS * 16
ONE_THREAD = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1",
              "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"}


def ours(n, executor=None):
    from course_utils.data import make_blobs
    from course_utils.models import mlp
    from course_utils.optimizers import sgd
    from course_utils.sweep import sweep

    data, rates = make_blobs(), [1.0, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001, 0.0001]
    return {"seconds": clock(lambda: sweep(mlp(2, HIDDEN, 3), data, sgd, lr=rates, seeds=range(n // 8), epochs=EPOCHS,
                                           batch_size=BATCH, executor=executor, progress=False))}


def ours_on_a_pool_of_two(n):
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        list(pool.map(warm_up, range(8)))  # a pool is started once and kept, so its start is not counted
        return ours(n, pool)


def warm_up(_):
    import course_utils.sweep  # noqa: F401  (loads torch)

    time.sleep(0.5)


def pytorch_loop(n):
    import torch
    from torch.nn.functional import cross_entropy

    from course_utils.data import make_blobs
    from course_utils.models import mlp

    torch.set_num_threads(1)
    data = make_blobs()
    x, y, x_val, y_val = map(torch.tensor, (data.x_train, data.y_train, data.x_val, data.y_val))

    def train():
        net = mlp(2, HIDDEN, 3)()
        optimizer = torch.optim.SGD(net.parameters(), lr=0.01)
        for _ in range(EPOCHS):
            for rows in torch.randperm(500).split(BATCH):
                optimizer.zero_grad()
                cross_entropy(net(x[rows]), y[rows]).backward()
                optimizer.step()
            with torch.no_grad():
                (net(x_val).argmax(1) == y_val).float().mean()

    return few(train, n)


def scikit_learn(n):
    from sklearn.neural_network import MLPClassifier

    from course_utils.data import make_blobs

    data = make_blobs()

    def train():
        net = MLPClassifier((HIDDEN,), solver="sgd", momentum=0, alpha=0, batch_size=BATCH, learning_rate_init=0.01)
        for _ in range(EPOCHS):
            net.partial_fit(data.x_train, data.y_train, classes=[0, 1, 2])
            net.score(data.x_val, data.y_val)

    return few(train, n)


def jax_vmap_scan(n):
    import jax
    import jax.numpy as jnp

    from course_utils.data import make_blobs

    data = make_blobs()
    x, y, x_val, y_val = map(jnp.asarray, (data.x_train, data.y_train, data.x_val, data.y_val))

    def logits(w, x):
        return jax.nn.relu(x @ w[0] + w[1]) @ w[2] + w[3]

    def loss(w, x, y, weight):
        log_p = jax.nn.log_softmax(logits(w, x))
        return -(jnp.take_along_axis(log_p, y[:, None], 1)[:, 0] * weight).sum() / weight.sum()

    def train(key, lr):
        first, second, shuffle = jax.random.split(key, 3)
        w = (jax.random.normal(first, (2, HIDDEN)), jnp.zeros(HIDDEN),
             jax.random.normal(second, (HIDDEN, 3)) * 0.2, jnp.zeros(3))

        def epoch(w, key):
            rows = jnp.pad(jax.random.permutation(key, 500), (0, 12)).reshape(16, BATCH)
            weights = (jnp.arange(512) < 500).reshape(16, BATCH).astype(jnp.float32)  # the last batch is smaller

            def step(w, batch):
                g = jax.grad(loss)(w, x[batch[0]], y[batch[0]], batch[1])
                return jax.tree.map(lambda a, b: a - lr * b, w, g), None

            w, _ = jax.lax.scan(step, w, (rows, weights))
            return w, (logits(w, x_val).argmax(1) == y_val).mean()

        return jax.lax.scan(epoch, w, jax.random.split(shuffle, EPOCHS))[1]

    run = jax.jit(jax.vmap(train))
    keys, rates = jax.random.split(jax.random.key(0), n), jnp.geomspace(1e-4, 1.0, n)
    once = lambda: run(keys, rates).block_until_ready()
    return {"seconds": clock(once), "warm": clock(once)}


def floor(n, chunk=80, steps=200):
    import torch

    torch.set_num_threads(1)
    shape = lambda *s: torch.randn(min(n, chunk), *s)
    x, a, d, dh = shape(2, BATCH), shape(HIDDEN, BATCH), shape(3, BATCH), shape(HIDDEN, BATCH)
    W1, W2, g1, g2 = shape(HIDDEN, 2), shape(3, HIDDEN), shape(HIDDEN, 2), shape(3, HIDDEN)

    def products():
        for _ in range(steps):
            torch.bmm(W1, x, out=a)
            torch.bmm(W2, a, out=d)
            torch.bmm(d, a.mT, out=g2)
            torch.bmm(W2.mT, d, out=dh)
            torch.bmm(dh, x.mT, out=g1)

    clock(products)
    return {"seconds": clock(products) * STEPS / steps * n / min(n, chunk)}


def few(train, n, limit=4):
    """Seconds for n networks one after another, from the first few where n is large."""
    train()
    trained = min(n, limit)
    return {"seconds": clock(lambda: [train() for _ in range(trained)]) * n / trained, "guessed": n > trained}


def clock(work):
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


WAYS = {f.__name__: f for f in (ours, ours_on_a_pool_of_two, jax_vmap_scan, pytorch_loop, scikit_learn, floor)}


def measure(way, n):
    """Run one way in a process of its own and add the largest memory that it and its workers took together."""
    process = subprocess.Popen([sys.executable, __file__, "--one", way, str(n)], stdout=subprocess.PIPE, text=True,
                               stderr=subprocess.PIPE, env=os.environ | ONE_THREAD)
    peak, watched = 0, psutil.Process(process.pid)
    while process.poll() is None:
        try:
            peak = max(peak, sum(p.memory_info().rss for p in [watched, *watched.children(recursive=True)]))
        except psutil.NoSuchProcess:
            pass
        time.sleep(0.1)
    printed, complaint = process.communicate()
    if process.returncode:
        last = complaint.strip().splitlines()[-1] if complaint.strip() else "no message"
        return {"seconds": float("nan"), "mb": float("nan"), "failed": last}
    return json.loads(printed.splitlines()[-1]) | {"mb": peak / 1e6}


def main(counts):
    table = {}
    print(f"{'':>24}" + "".join(f"{n:>10} networks" for n in counts) + "   (seconds, peak MB)")
    for way in WAYS:
        table[way] = [measure(way, n) for n in counts]
        cells = [f"{'~' if r.get('guessed') else ''}{r['seconds']:.1f} {r['mb']:6.0f}" for r in table[way]]
        print(f"{way.replace('_', ' '):>24}" + "".join(f"{cell:>19}" for cell in cells), flush=True)
        if any("warm" in r for r in table[way]):
            print(f"{'(warm)':>24}" + "".join(f"{r.get('warm', np.nan):>12.1f}{'':7}" for r in table[way]))
        for failed in {r["failed"] for r in table[way] if "failed" in r}:
            print(f"{'':>24} left out: {failed}")
    print("\ntimes as fast as              ours   ours on a pool of two")
    for peer in ("jax_vmap_scan", "pytorch_loop", "scikit_learn", "floor"):
        for n, a, b, c in zip(counts, table["ours"], table["ours_on_a_pool_of_two"], table[peer], strict=True):
            print(f"{peer.replace('_', ' '):>16} at {n:<6} {c['seconds'] / a['seconds']:9.2f} "
                  f"{c['seconds'] / b['seconds']:12.2f}")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        print(json.dumps(WAYS[sys.argv[2]](int(sys.argv[3]))))
    else:
        main([int(n) for n in sys.argv[1:]] or [80, 240, 800])
