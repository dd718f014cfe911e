"""Train the stored study of notebook 09 anew: python benchmarks/study.py, or make study.

Five optimizers on eight problems as in the notebook, with more seeds and more steps. Finished chunks are kept in a
folder, so that the same command goes on after an interrupt. Writes the table and its checksum into data/.
"""

import argparse
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter

import stored

from course_utils.data import FOLDER
from course_utils.studies.robustness import STEPS, make_problems, run_study

FIRST_SEED = 100  # none of the seeds of the live study, so that it can disagree


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--seeds", type=int, default=20, help="how many (default: 20)")
    args.add_argument("--steps", type=int, nargs="+", default=list(STEPS), help="scores are kept after so many steps")
    args.add_argument("--resume", default="study-runs", help="folder for finished chunks (default: study-runs)")
    args.add_argument("--out", type=Path, default=FOLDER / "study.csv.gz")
    args = args.parse_args()
    seeds = range(FIRST_SEED, FIRST_SEED + args.seeds)

    began = perf_counter()
    with ProcessPoolExecutor(mp_context=get_context("spawn")) as pool:
        study = run_study(make_problems(), args.steps, seeds, executor=pool, resume=args.resume)
    stored.write(study.table, args.out, stored.origin(perf_counter() - began), digits=4)
    print(f"{len(study.table)} rows are in {args.out}; the folder {args.resume} can go")


if __name__ == "__main__":
    main()
