"""Sweeps beside peers: `python benchmarks/sweep.py [80 240 ...]`, a table of seconds for that many networks.

All train the blobs' 2-50-3 network for 200 epochs in batches of 32 and score it on the validation part after every
epoch; `sweep` scores the training and the test part, too. Each figure comes from a process of its own, on all cores or
on one thread, as its row says; a plain PyTorch loop and scikit-learn are faster on one. A peer that would take minutes
trains fewer networks and is marked ~. The floor is the five batched matrix products of a training step alone, each in
its best layout; the second floor adds the products of scoring what `sweep` scores. JAX is optional:
`python -m pip install jax`.
"""

import json
import os
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context

import numpy as np
import psutil

EPOCHS, BATCH, HIDDEN = 200, 32, 50
STEPS = EPOCHS * 16
ONE_THREAD = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "NPROC": "1",
              "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"}


def ours(n, executor=None):
    from course_utils.data import make_blobs
    from course_utils.models import mlp
    from course_utils.optimizers import sgd
    from course_utils.sweep import sweep

    data, rates = make_blobs(), [1.0, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001, 0.0001]
    train = lambda: sweep(mlp(2, HIDDEN, 3), data, sgd, lr=rates, seeds=range(n // 8), epochs=EPOCHS,
                          batch_size=BATCH, executor=executor, progress=False)
    return {"seconds": clock(train)} | ({} if executor or n > 800 else {"warm": clock(train)})


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
    trained = min(n, 800)
    keys, rates = jax.random.split(jax.random.key(0), trained), jnp.geomspace(1e-4, 1.0, trained)
    once = lambda: run(keys, rates).block_until_ready()
    share = n / trained
    return {"seconds": clock(once) * share, "warm": clock(once) * share, "guessed": n > trained}


def floor(n, scoring=False, chunk=80, epochs=12):
    import torch

    threads, runs = torch.get_num_threads(), min(n, chunk)
    torch.set_num_threads(1)
    shape = lambda *s: torch.randn(runs, *s)

    def prepared():
        x, a, d, dh = shape(2, BATCH), shape(HIDDEN, BATCH), shape(3, BATCH), shape(HIDDEN, BATCH)
        W1, W2, g1, g2 = shape(HIDDEN, 2), shape(3, HIDDEN), shape(2, HIDDEN), shape(3, HIDDEN)
        xs, hidden, out = shape(2, 125), shape(HIDDEN, 125), shape(3, 125)

        def products():
            for _ in range(epochs * 16):
                torch.bmm(W1, x, out=a)
                torch.bmm(W2, a, out=d)
                torch.bmm(d, a.mT, out=g2)
                torch.bmm(W2.mT, d, out=dh)
                torch.bmm(x, dh.mT, out=g1)
            for _ in range(epochs * 12 * scoring):  # 1,500 examples
                torch.bmm(W1, xs, out=hidden)
                torch.bmm(W2, hidden, out=out)
        return products

    work = [prepared() for _ in range(threads)]
    with ThreadPoolExecutor(threads) as pool:
        together = lambda: list(pool.map(lambda products: products(), work))
        together()
        return {"seconds": min(clock(together) for _ in range(5)) * EPOCHS / epochs * n / runs / threads}


def floor_with_scoring(n):
    return floor(n, scoring=True)


def few(train, n, limit=4):
    """Seconds for n networks one after another, from the first few where n is large."""
    train()
    trained = min(n, limit)
    return {"seconds": clock(lambda: [train() for _ in range(trained)]) * n / trained, "guessed": n > trained}


def clock(work):
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


WAYS = {  # what a row says: the function, and what its process may use
    "ours": (ours, {}), "ours, one thread": (ours, ONE_THREAD), "ours, two processes": (ours_on_a_pool_of_two, {}),
    "JAX": (jax_vmap_scan, {}), "JAX, one thread": (jax_vmap_scan, ONE_THREAD),
    "PyTorch loop": (pytorch_loop, ONE_THREAD), "scikit-learn": (scikit_learn, ONE_THREAD),
    "floor": (floor, {}), "floor, one thread": (floor, ONE_THREAD),
    "floor with scoring": (floor_with_scoring, {}), "same, one thread": (floor_with_scoring, ONE_THREAD),
}


def measure(way, n):
    """Run one way in a process of its own and add the largest memory that it and its workers took together."""
    process = subprocess.Popen([sys.executable, __file__, "--one", way, str(n)], stdout=subprocess.PIPE, text=True,
                               stderr=subprocess.PIPE, env=os.environ | WAYS[way][1])
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
    print("seconds, peak MB".ljust(22) + "".join(f"{n:>10} networks" for n in counts))
    for way in WAYS:
        table[way] = [measure(way, n) for n in counts]
        cells = [f"{'~' if r.get('guessed') else ''}{r['seconds']:.2f} {r['mb']:6.0f}" for r in table[way]]
        print(way.ljust(22) + "".join(f"{cell:>19}" for cell in cells), flush=True)
        if any("warm" in r for r in table[way]):
            print("   warm".ljust(22) + "".join(f"{r.get('warm', np.nan):>12.2f}{'':7}" for r in table[way]))
        for failed in {r["failed"] for r in table[way] if "failed" in r}:
            print(f"{'':>24} left out: {failed}")
    print("\nms a network".ljust(23) + "".join(f"{r['seconds'] / n * 1e3:>12.1f}{'':7}"
                                                for n, r in zip(counts, table["ours"], strict=True)))
    print("\nseconds over ours")
    for way, row in table.items():
        ours = table["ours, one thread" if "one thread" in way else "ours"]
        print(way.ljust(22) + "".join(f"{r['seconds'] / o['seconds']:>12.2f}{'':7}"
                                      for r, o in zip(row, ours, strict=True)))
    print("(rows on one thread: over ours on one thread)")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        print(json.dumps(WAYS[sys.argv[2]][0](int(sys.argv[3]))))
    else:
        main([int(n) for n in sys.argv[1:]] or [8, 80, 240, 800, 8000])
