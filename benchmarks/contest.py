"""Train the stored contest of notebook 15 anew: python benchmarks/contest.py

Seven methods on four problems, seven rates each, as in the notebook. Writes the table and its checksum into data/.
"""

import argparse
from pathlib import Path
from time import perf_counter

import stored

from course_utils.data import FOLDER
from course_utils.studies.beyond_adam import PROBLEMS, REPORTING, TRYING, run_contest


def main():
    args = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    args.add_argument("--problems", nargs="+", default=list(PROBLEMS), help="by name (default: all)")
    args.add_argument("--tries", type=int, default=len(TRYING), help="seeds that try each rate")
    args.add_argument("--reports", type=int, default=len(REPORTING), help="seeds that report at the best")
    args.add_argument("--out", type=Path, default=FOLDER / "contest.csv.gz")
    args = args.parse_args()
    began = perf_counter()
    contest = run_contest(args.problems, TRYING[:args.tries], REPORTING[:args.reports])
    stored.write(contest.table, args.out, stored.origin(perf_counter() - began), digits=6)
    print(f"{len(contest.table)} rows are in {args.out}")


if __name__ == "__main__":
    main()
