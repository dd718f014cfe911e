"""Train the stored studies of the notebooks anew: python benchmarks/study.py, or make study; all of them, or by name.

    python benchmarks/study.py robustness    # notebook 09: five optimizers on eight problems, 10 to 20 minutes
    python benchmarks/study.py transfer      # notebook 13: does a rate carry over? 5 to 15 minutes

As in the notebooks, with more seeds and more steps. Finished chunks are kept in a folder, so that the same command goes
on after an interrupt. Writes each table and its checksum into data/.
"""

import argparse
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter

import stored

from course_utils.data import FOLDER
from course_utils.studies.robustness import STEPS, make_problems, run_study
from course_utils.studies.transfer import make_problems as transfer_problems
from course_utils.studies.transfer import run_transfer

FIRST_SEED = 100  # none of the seeds of a live study, so that a stored one can disagree


def robustness(args, **options):
    return run_study(make_problems(), args.steps, range(FIRST_SEED, FIRST_SEED + (args.seeds or 20)), **options)


def transfer(args, **options):
    return run_transfer(transfer_problems(), seeds=range(FIRST_SEED, FIRST_SEED + (args.seeds or 8)), **options)


STUDIES = {"robustness": (robustness, "study.csv.gz"), "transfer": (transfer, "transfer.csv.gz")}


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("names", nargs="*", metavar="name", help=f"of {', '.join(STUDIES)} (default: all)")
    args.add_argument("--seeds", type=int, help="how many (default: 20 for robustness, 8 for transfer)")
    args.add_argument("--steps", type=int, nargs="+", default=list(STEPS),
                      help="of robustness: scores are kept after so many")
    args.add_argument("--workers", type=int, help="processes (default: one for each core)")
    args.add_argument("--resume", default="study-runs", help="folder for finished chunks (default: study-runs)")
    args.add_argument("--into", type=Path, default=FOLDER, help="folder for the tables (default: data)")
    args = args.parse_args()
    if unknown := set(args.names) - set(STUDIES):
        raise SystemExit(f"no study is called {', '.join(sorted(unknown))}; there are {', '.join(STUDIES)}")
    for name in args.names or STUDIES:
        run, file = STUDIES[name]
        began = perf_counter()
        with ProcessPoolExecutor(args.workers, mp_context=get_context("spawn")) as pool:
            study = run(args, executor=pool, resume=args.resume)
        stored.write(study.table, args.into / file, stored.origin(perf_counter() - began), digits=4)
        print(f"{len(study.table)} rows are in {args.into / file}; the folder {args.resume} can go")


if __name__ == "__main__":
    main()
