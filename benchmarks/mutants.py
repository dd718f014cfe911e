"""What do the tests not notice? `python benchmarks/mutants.py [module …] [--sample N] [--seed S] [--most SECONDS] …`.

Each mutant is the package with one small change (see mutations.py); the tests kill it or let it live. By default all
modules of GROUPS are changed, each against the tests that are about it. Prints every living mutant and, for each
module, how many were made, killed, alive and equivalent. The equivalent ones, listed in equivalents.toml with the
reason, change nothing that a test could hold and are not run. Exits with 1 if a mutant lives. It takes Linux or macOS,
since it needs fork.

1. The tests of a group are run once, and which lines each one touches in how many seconds is kept in build/mutants.
2. A process imports libraries, package and tests, and collects the tests. For each mutant it forks a child, which gives
   the changed functions their new code and runs the tests that touch the changed lines, the fastest first (before them
   those of the file that the group names first). It ends at the first failure, or when a test computes ten times as
   long as it did, waits for minutes, or takes 4 GB.
3. What lives, and what is computed on import, is tried once more in a child that imports the package from a copy of the
   folder, in which the file itself is changed.

Verdicts are kept, too: those of killed mutants until their module changes, those of living ones until the tests do as
well.

Why no ready-made tool: mutmut 3 is fast by the same means (fork, tests by coverage), but changes only code within
functions, and does so by putting a function of its own in the place of each: this package reads names, signatures,
source and bytecode of functions. cosmic-ray starts the test command anew for each mutant, here ten seconds of imports
and collecting for each of 5,000, and does not choose tests by what they touch. mutatest does, but has not been kept
since 2022.
"""

import argparse
import gc
import hashlib
import json
import os
import random
import resource
import shutil
import signal
import sys
import threading
import time
import tomllib
import traceback
import types
from functools import partial
from itertools import accumulate
from pathlib import Path

import mutations

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / "build/mutants"
EQUIVALENTS = Path(__file__).with_name("equivalents.toml")
ENGINE = sorted(f"course_utils/engine/{path.name}" for path in (ROOT / "course_utils/engine").glob("[a-z]*.py"))
IDENTITY = [module for module in ENGINE if Path(module).stem in (
    "bytecode", "identity", "libraries", "store", "surroundings", "unknowable", "values")
    or Path(module).stem.startswith("walk_")]
TRAINING = [module for module in ENGINE if module not in IDENTITY]
JUDGE = [f"course_utils/exercises/{name}.py" for name in (
    "afresh", "asking", "differences", "framework", "limits", "otherwise", "relations", "tasks", "values", "walks")]
SWEEPS = ("sweep", "sweep_parts", "chunk_parts", "losses", "steps", "execution", "record", "networks", "tracing",
          "processes", "training", "stacks", "stack_parts", "loop", "ways", "compare", "compare_optimizers",
          "network_alone", "plain", "learner", "chunks", "store", "memory", "curvature", "bad_input", "names",
          "evaluated")
GROUPS = [  # modules, and the names of the tests that are about them; those of the first name are run first
    *(([f"course_utils/{name}.py"], (name, "bad_input")) for name in ("schedules", "statistics", "search")),
    (["course_utils/optimizers.py"], ("optimizers", "newer_optimizers", "bad_input")),
    (["course_utils/descent.py"], ("descent", "landscapes", "bad_input")),
    (["course_utils/claims.py"], ("claims", "statistics")),
    (JUDGE, ("answers", "afresh", "asking", "differences", "messages", "mistakes", "relations", "same_values", "values",
             "walks", "wording", "limits", "exercises", "sentences")),
    (["course_utils/sweep.py", *TRAINING], SWEEPS),
    (IDENTITY, ("identity", "identity_parts", "walk_functions", "unknowable", "libraries", "bytecode", "store",
                "chunks")),
]
LIBRARIES = ("torch", "pandas", "scipy.stats", "scipy.optimize", "sklearn.datasets", "optuna", "matplotlib.pyplot",
             "hypothesis", "nbformat", "nbclient", "ipywidgets", "IPython", "cloudpickle", "tqdm")
IMPORT = "import of "
PYTEST = ["-q", "-o", "addopts=", "-p", "no:nbval", "-p", "no:xdist", "-p", "no:cacheprovider", "--hypothesis-seed=0"]
TIMES, AT_LEAST = 10, 5  # a test may compute ten times as long as it took before, and 5 s in any case
WAITING = 120  # seconds more that it may take by the clock: a busy machine pauses programs
GIGABYTES = 4
LIVES, KILLED, DOUBTFUL = 0, 40, 41  # how a child ends
DEADLY = {KILLED, *(-s for s in (signal.SIGPROF, signal.SIGABRT, signal.SIGSEGV, signal.SIGKILL))}


def watch_lines(seen):
    """Two functions that begin and end calls of `seen(code, line)`: one for each line, before Python 3.12 many."""
    if sys.version_info >= (3, 12):
        watch = sys.monitoring
        watch.use_tool_id(watch.PROFILER_ID, "mutants")
        watch.register_callback(watch.PROFILER_ID, watch.events.LINE, lambda *line: (seen(*line), watch.DISABLE)[1])

        def begin():
            watch.restart_events()
            watch.set_events(watch.PROFILER_ID, watch.events.LINE)
        return begin, lambda: watch.set_events(watch.PROFILER_ID, watch.events.NO_EVENTS)

    def look(frame, event, argument):
        return look if seen(frame.f_code, frame.f_lineno) else None

    start = threading._start_new_thread

    def traced(function, arguments, options={}):  # noqa: B006
        def run(*arguments, **options):
            sys.settrace(look)
            return function(*arguments, **options)
        return start(run, arguments, options)

    threading._start_new_thread = sys.modules["_thread"].start_new_thread = traced
    return lambda: sys.settrace(look), lambda: sys.settrace(None)


class Recorder:
    """A pytest plugin: the seconds that each passing test takes, and the lines of the package that it touches.

    Under the name IMPORT stand the lines that are run before the first test, as by lists of cases.
    """

    def __init__(self, tree, file):
        self.folder, self.file, self.tests, self.lines = str(tree / "course_utils") + os.sep, file, {}, set()
        self.begin, self.end = watch_lines(self.see)

    def see(self, code, line):
        ours = code.co_filename.startswith(self.folder)
        if ours:
            self.lines.add((code.co_filename, line))
        return ours

    def keep(self, name, seconds):
        lines = {}
        for file, line in list(self.lines):
            lines.setdefault("course_utils/" + Path(file[len(self.folder):]).as_posix(), []).append(line)
        self.tests[name] = {"seconds": seconds, "lines": lines}

    def pytest_sessionstart(self):
        self.begin()

    def pytest_collection_finish(self):
        self.end()
        self.keep(IMPORT + self.file, 0.0)

    def pytest_runtest_logstart(self, nodeid):
        self.lines, self.seconds, self.fails = set(), 0.0, False
        self.begin()

    def pytest_runtest_logreport(self, report):
        self.seconds += report.duration
        self.fails |= not report.passed

    def pytest_runtest_logfinish(self, nodeid):
        self.end()
        if not self.fails:
            self.keep(nodeid, self.seconds)


class Runner:
    """A pytest plugin: in the place of the session's own loop it runs chosen tests, and ends the process."""

    def __init__(self, loop):
        self.loop = loop

    def pytest_runtestloop(self, session):
        if session.testsfailed:  # a file that could not be collected
            os._exit(KILLED)
        self.items = {item.nodeid: item for item in session.items}
        self.loop(self)
        return True

    def pytest_runtest_logreport(self, report):
        if report.failed:
            os._exit(KILLED)

    def run(self, tests):
        """Runs (nodeid, seconds) in their order; this process ends here."""
        chosen = [(self.items[name], seconds) for name, seconds in tests if name in self.items]
        for (item, seconds), (following, _) in zip(chosen, [*chosen[1:], (None, 0)], strict=True):
            limit_time(AT_LEAST + TIMES * seconds)
            item.config.hook.pytest_runtest_protocol(item=item, nextitem=following)
        os._exit(LIVES)


def in_child(work):
    """The exit status of a forked child that does the work, 0 if it comes to an end; a signal's number is negative."""
    pid = os.fork()
    if not pid:
        status = 1
        try:
            os.setsid()
            for limit in (signal.SIGALRM, signal.SIGPROF):
                signal.signal(limit, signal.SIG_DFL)
            work()
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(status)
    _, status = os.waitpid(pid, 0)
    try:
        os.killpg(pid, signal.SIGKILL)  # what it left running
    except ProcessLookupError:
        pass
    return os.waitstatus_to_exitcode(status)


def limit_time(seconds):
    """End this process after so many seconds of computing, or after minutes more of waiting."""
    signal.setitimer(signal.ITIMER_PROF, seconds)
    signal.setitimer(signal.ITIMER_REAL, seconds + WAITING)


def limit_memory():
    pages = int(Path("/proc/self/statm").read_text().split()[0]) if sys.platform.startswith("linux") else 0
    size = pages * resource.getpagesize() + int(GIGABYTES * 1e9)
    resource.setrlimit(resource.RLIMIT_AS, (size, size))


def copied(name):
    """A fresh copy of what is in the folder, in build/mutants."""
    tree = BUILD / f"{name}-{os.getpid()}"
    shutil.rmtree(tree, ignore_errors=True)
    left_out = shutil.ignore_patterns(".*", "build", "__pycache__", "*.egg-info", "node_modules")
    shutil.copytree(ROOT, tree, ignore=left_out)
    return tree


def prepare(tree):
    """What children inherit: libraries imported, the copied package first on the path, short searches by hypothesis."""
    os.chdir(tree)
    sys.path[:] = [str(tree), *(p for p in sys.path if Path(p).resolve() not in (ROOT, ROOT / "benchmarks"))]
    os.environ["PYTHONPATH"] = str(tree)
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    os.environ["COURSE_RESUME"] = f"{tree}-tmp"  # a folder that children, which end at once, do not leave behind
    import hypothesis
    import pytest  # noqa: F401
    for name in LIBRARIES:
        __import__(name)
    phases = (hypothesis.Phase.explicit, hypothesis.Phase.generate)  # a failure is enough, no need to make it small
    hypothesis.settings.register_profile("mutants", phases=phases, database=None)
    hypothesis.settings.load_profile("mutants")


def run_pytest(tree, files, plugin, quiet=True):
    import pytest
    if quiet:
        nothing = os.open(os.devnull, os.O_RDWR)
        for stream in (0, 1, 2):
            os.dup2(nothing, stream)
    options = [f"--rootdir={tree}", f"--basetemp={tree}-tmp"]
    return pytest.main([*PYTEST, *options, *(f"tests/test_{name}.py" for name in files)], plugins=[plugin])


def digest(*paths):
    return hashlib.sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()[:16]


def record(tree, name, modules):
    """{test: {"seconds", "lines": {module: lines}}} of one file of tests.

    From build/mutants, if neither the tests nor the modules of the group have changed.
    """
    helpers = [path for path in sorted((ROOT / "tests").glob("*.py")) if not path.name.startswith("test_")]
    state = digest(ROOT / f"tests/test_{name}.py", *helpers, *(ROOT / module for module in modules))
    kept = BUILD / f"record-{Path(modules[0]).stem}-{name}.json"
    if kept.exists() and (stored := json.loads(kept.read_text()))["state"] == state:
        return stored["tests"]
    print(f"recording tests/test_{name}.py …", flush=True)

    def work():
        recorder = Recorder(tree, name)
        run_pytest(tree, [name], recorder)
        kept.write_text(json.dumps({"state": state, "tests": recorder.tests}))

    if in_child(work):
        sys.exit(f"the tests of tests/test_{name}.py could not be run")
    return json.loads(kept.read_text())["tests"]


def touching(mutant, recorded, first="", most=float("inf")):
    """Tests as (name, seconds) that touch the changed lines, of at most so many seconds together.

    Those of the file named first come first, for a third of the time, then the fastest. If an import runs these lines,
    or nothing does: all that touch the module, and the file of tests of its name.
    """
    lines = set(range(mutant.lines[0], mutant.lines[1] + 1))
    touch = {name for name, test in recorded.items() if lines & set(test["lines"].get(mutant.module, ()))}
    if not touch or any(name.startswith(IMPORT) for name in touch):
        own = f"tests/test_{Path(mutant.module).stem}.py::"
        touch = {name for name, test in recorded.items() if mutant.module in test["lines"] or name.startswith(own)}
    tests = sorted(((name, recorded[name]["seconds"]) for name in touch if not name.startswith(IMPORT)),
                   key=lambda test: test[1])
    ahead = _within([test for test in tests if test[0].startswith(f"tests/test_{first}.py")], most / 3)
    return _within(dict.fromkeys([*ahead, *tests]), most)


def _within(tests, most):
    """The first ones, of at most so many seconds together."""
    return [test for test, spent in zip(tests, accumulate(s for _, s in tests), strict=True) if spent <= most]


def exchange_code(path, before, after, functions):
    """Give the functions of a module the code of its changed text; False if that is not all that changes."""
    pairs, runs_on_import = [], lambda code: not code.co_flags & 2  # CO_NEWLOCALS
    def compare(old, new):
        if old == new:
            return True
        olds, news = ([c for c in code.co_consts if isinstance(c, types.CodeType)] for code in (old, new))
        if len(olds) != len(news) or not all(compare(*pair) for pair in zip(olds, news, strict=True)):
            return False
        if not runs_on_import(old):
            pairs.append((old, new))
            return True
        rest = [[c for c in code.co_consts if not isinstance(c, types.CodeType)] for code in (old, new)]
        return old.co_code == new.co_code and old.co_names == new.co_names and repr(rest[0]) == repr(rest[1])

    if not compare(compile(before, path, "exec"), compile(after, path, "exec")):
        return False
    found = [(function, new) for old, new in pairs for function in functions.get(old.co_qualname, ())
             if function.__code__ == old]
    if not found or any(f.__code__.co_freevars != new.co_freevars for f, new in found):
        return False
    for function, new in found:
        function.__code__ = new
    return True


def functions_of(path):
    """{qualified name: functions} of all living functions that come from a file."""
    found = {}
    for thing in gc.get_objects():
        if type(thing) is types.FunctionType and thing.__code__.co_filename == path:
            found.setdefault(thing.__code__.co_qualname, []).append(thing)
    return found


def try_fast(tree, files, chosen, tests, verdicts, deadline):
    """Step 2: forks from a process that has collected the tests; what they kill is noted, all else is doubtful."""
    def loop(runner):
        functions = {module: functions_of(str(tree / module)) for module in {m.module for m in chosen}}
        gc.freeze()
        for mutant in chosen:
            def work(mutant=mutant):
                limit_memory()
                path = tree / mutant.module
                if not exchange_code(str(path), path.read_text(), mutant.text, functions[mutant.module]):
                    os._exit(DOUBTFUL)
                runner.run(tests(mutant))
            if time.monotonic() > deadline:
                break
            verdicts.put(mutant, "killed" if in_child(work) in DEADLY else "doubtful")

    in_child(lambda: run_pytest(tree, files, Runner(loop)))
    verdicts.read()


def try_thoroughly(tree, mutant, tests, clock):
    """Step 3: whether tests kill a mutant that is imported anew from a tree in which the file is changed."""
    path = tree / mutant.module
    original = path.read_text()
    path.write_text(mutant.text)
    os.utime(path, (clock, clock))  # so that no stored bytecode is taken for that of this text
    files = dict.fromkeys(name.split("::")[0].removeprefix("tests/test_").removesuffix(".py") for name, _ in tests)

    def work():
        limit_memory()
        limit_time(60)  # to import and collect; each test has its own
        os._exit(KILLED if run_pytest(tree, files, Runner(lambda runner: runner.run(tests))) else LIVES)

    try:
        return in_child(work) != LIVES
    finally:
        path.write_text(original)


class Verdicts:
    """Which mutants the tests of one group kill, kept in build/mutants."""

    def __init__(self, files):
        self.path = BUILD / "verdicts.jsonl"
        self.tests = digest(*(ROOT / f"tests/test_{name}.py" for name in files))
        self.read()

    def read(self):
        lines = self.path.read_text().splitlines() if self.path.exists() else []
        self.known = {entry[0]: entry[1:] for entry in map(json.loads, lines)}

    def name(self, mutant):
        return hashlib.sha256((mutant.key + mutant.text).encode()).hexdigest()[:24]

    def get(self, mutant):
        """"killed", "alive", "doubtful" if only step 2 has been taken, or None."""
        verdict, tests = self.known.get(self.name(mutant), (None, ""))
        return verdict if verdict == "killed" or tests == self.tests else None

    def put(self, mutant, verdict):
        self.known[self.name(mutant)] = [verdict, self.tests]
        with self.path.open("a") as file:
            file.write(json.dumps([self.name(mutant), verdict, self.tests]) + "\n")


def equivalents():
    """What is listed as equivalent: dictionaries with module, function, before, reason and perhaps after."""
    return tomllib.loads(EQUIVALENTS.read_text(encoding="utf-8")).get("mutant", []) if EQUIVALENTS.exists() else []


def is_equivalent(mutant, entries):
    return any((mutant.module, mutant.function, mutant.before) == (e["module"], e["function"], e["before"])
               and mutant.after == e.get("after", mutant.after) for e in entries)


def mutants_of(module):
    return mutations.mutants(module, (ROOT / module).read_text(encoding="utf-8"))


def run_group(tree, modules, files, chosen, deadline, most):
    """The verdicts on the chosen mutants of one group, as far as they are found before the deadline."""
    verdicts = Verdicts(files)
    if all(verdicts.get(m) in ("killed", "alive") for m in chosen):
        return verdicts
    recorded = {}
    for file in files:
        if time.monotonic() > deadline:
            return verdicts
        recorded |= record(tree, file, modules)
    tests = partial(touching, recorded=recorded, first=files[0], most=most)
    left = [m for m in chosen if verdicts.get(m) is None]
    if left:
        try_fast(tree, files, left, tests, verdicts, deadline)
    for clock, mutant in enumerate(chosen, 10**9):
        if verdicts.get(mutant) == "doubtful" and time.monotonic() < deadline:
            verdicts.put(mutant, "killed" if try_thoroughly(tree, mutant, tests(mutant), clock) else "alive")
    return verdicts


def report(chosen, verdicts, entries):
    """Print the living mutants and the counts of each module; how many live or have not been tried."""
    rows = {}
    for mutant in chosen:
        known = "equivalent" if is_equivalent(mutant, entries) else verdicts[mutant.module].get(mutant)
        if known == "alive":
            print(f"{mutant.module}:{mutant.lines[0]} {mutant.function}\n    {mutant.before}\n  → {mutant.after}")
        row = rows.setdefault(mutant.module, dict.fromkeys(("made", "killed", "alive", "equivalent", "not tried"), 0))
        row["made"] += 1
        row[known if known in row else "not tried"] += 1
    print(f"{'module':42}" + "".join(f"{name:>12}" for name in ("made", "killed", "alive", "equivalent", "not tried")))
    for module, row in rows.items():
        print(f"{module:42}" + "".join(f"{count:12}" for count in row.values()))
    return sum(row["alive"] + row["not tried"] for row in rows.values())


def parse(arguments):
    known = [module for modules, _ in GROUPS for module in modules]
    parser = argparse.ArgumentParser(description="Which small changes of the package do its tests not notice?")
    parser.add_argument("modules", nargs="*", metavar="module", help="such as course_utils/optimizers.py; default: all")
    parser.add_argument("--sample", type=int, metavar="N", help="try only N mutants, drawn at random")
    parser.add_argument("--seed", type=int, default=0, metavar="S", help="of that draw")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="stop then; the next call goes on")
    parser.add_argument("--most", type=float, default=float("inf"), metavar="SECONDS",
                        help="of tests for each mutant, the fastest ones; what lives may then be known to slower ones")
    parser.add_argument("--list", action="store_true", help="print the mutants and try none")
    parser.add_argument("--anew", action="store_true", help="forget what was recorded and found before")
    options = parser.parse_args(arguments)
    if unknown := set(options.modules) - set(known):
        parser.error(f"no tests are named for {', '.join(sorted(unknown))}; choose among {', '.join(known)}")
    options.modules = options.modules or known
    return options


def main(arguments):
    options = parse(arguments)
    deadline = time.monotonic() + 60 * options.minutes
    chosen = [mutant for module in options.modules for mutant in mutants_of(module)]
    if options.sample is not None:
        chosen = random.Random(options.seed).sample(chosen, min(options.sample, len(chosen)))
    if options.list:
        for m in chosen:
            print(f"{m.module}:{m.lines[0]} {m.function}\n    {m.before}\n  → {m.after}")
        return 0
    if options.anew:
        shutil.rmtree(BUILD, ignore_errors=True)
    BUILD.mkdir(parents=True, exist_ok=True)
    entries, tree = equivalents(), copied("tree")
    try:
        prepare(tree)
        verdicts = {}
        for modules, files in GROUPS:
            of_group = [m for m in chosen if m.module in modules and not is_equivalent(m, entries)]
            found = run_group(tree, modules, files, of_group, deadline, options.most)
            verdicts |= dict.fromkeys(modules, found)
    finally:
        shutil.rmtree(tree, ignore_errors=True)
        shutil.rmtree(f"{tree}-tmp", ignore_errors=True)
    return 1 if report(chosen, verdicts, entries) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
