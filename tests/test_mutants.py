"""The mutation run changes what it says and nothing else, and ends what does not end by itself."""

import ast
import os
import sys
import threading
import time
import types

import mutations
import pytest

mutants = pytest.importorskip("mutants", reason="the mutation run takes Linux or macOS")

SOURCE = '''"""A module."""
__all__ = ["f"]

def f(x: int | None, n=3, mode="mean"):
    """Docstring."""
    if not x < n and n != 2:
        raise ValueError("x must be at least n - 1, got " + str(x - 1))
    while n > 0:
        n -= 1
    print("text", n + 1)
    return [-a * 2.5 for a in x if a], f"{n + 1} of {mode}"
'''


def changes(source=SOURCE):
    return {(mutant.before, mutant.after) for mutant in mutations.mutants("m.py", source)}


@pytest.mark.parametrize("before, after", [
    ("def f(x: int | None, n=3, mode='mean'):", "def f(x: int | None, n=4, mode='mean'):"),
    ("def f(x: int | None, n=3, mode='mean'):", "def f(x: int | None, n=3, mode='mean_'):"),
    ("if not x < n and n != 2:", "if not x <= n and n != 2:"),
    ("if not x < n and n != 2:", "if x < n and n != 2:"),
    ("if not x < n and n != 2:", "if not x < n or n != 2:"),
    ("if not x < n and n != 2:", "if not x < n and n == 2:"),
    ("if not x < n and n != 2:", "if not (not x < n and n != 2):"),
    ("if not x < n and n != 2:", "if True:"),
    ("if not x < n and n != 2:", "if False:"),
    ("while n > 0:", "while n >= 0:"),
    ("while n > 0:", "while False:"),
    ("n -= 1", "n += 1"),
    ("return ([-a * 2.5 for a in x if a], f'{n + 1} of {mode}')", "return None"),
    ("return ([-a * 2.5 for a in x if a], f'{n + 1} of {mode}')",
     "return ([a * 2.5 for a in x if a], f'{n + 1} of {mode}')"),
    ("return ([-a * 2.5 for a in x if a], f'{n + 1} of {mode}')",
     "return ([-a / 2.5 for a in x if a], f'{n + 1} of {mode}')"),
    ("return ([-a * 2.5 for a in x if a], f'{n + 1} of {mode}')",
     "return ([-a * 5.0 for a in x if a], f'{n + 1} of {mode}')"),
    ("return ([-a * 2.5 for a in x if a], f'{n + 1} of {mode}')",
     "return ([-a * 2.5 for a in x if True], f'{n + 1} of {mode}')"),
])
def test_every_kind_of_change_is_made(before, after):
    assert (before, after) in changes()


def test_sentences_for_readers_and_annotations_stay_as_they_are():
    touched = {before for before, _ in changes()}
    assert not any(word in before for before in touched for word in ("Docstring", "__all__", "raise", "print"))
    assert all("f'{n + 1} of {mode}'" in after or after == "return None" for _, after in changes() if "return" in after)
    assert all("x: int | None" in after for _, after in changes() if after.startswith("def"))


def test_a_changed_text_is_the_source_but_for_one_place_and_keeps_its_lines():
    source = SOURCE.replace("n != 2:", "(n\n            != 2):")
    for mutant in mutations.mutants("m.py", source):
        assert ast.dump(ast.parse(mutant.text)) != ast.dump(ast.parse(source))
        differing = [i for i, lines in enumerate(zip(mutant.text.split("\n"), source.split("\n"), strict=True), 1)
                     if lines[0] != lines[1]]
        assert differing and mutant.lines[0] <= differing[0] and differing[-1] <= mutant.lines[1]


def loaded(source, path="/nowhere/m.py"):
    module = types.ModuleType("m")
    exec(compile(source, path, "exec"), module.__dict__)
    return module


FUNCTIONS = "def f(x, n=1):\n    g = lambda y: y + n\n    return g(x)\n\nlater = [lambda x: x + 1, lambda x: x + 2]\n"


@pytest.mark.parametrize("old, new, gives", [("y + n", "y - n", (2, 4, 5)), ("x + 2", "x - 2", (4, 4, 1))])
def test_functions_that_are_there_already_get_their_changed_code(old, new, gives):
    module = loaded(FUNCTIONS)
    functions = mutants.functions_of("/nowhere/m.py")
    assert mutants.exchange_code("/nowhere/m.py", FUNCTIONS, FUNCTIONS.replace(old, new), functions)
    assert (module.f(3), module.later[0](3), module.later[1](3)) == gives


@pytest.mark.parametrize("old, new", [("n=1", "n=2"), ("later = [", "later = -1 * [")])
def test_what_only_an_import_runs_is_left_to_an_import(old, new):
    module = loaded(FUNCTIONS)
    functions = mutants.functions_of("/nowhere/m.py")
    assert not mutants.exchange_code("/nowhere/m.py", FUNCTIONS, FUNCTIONS.replace(old, new), functions)
    assert module.f(3) == 4


def endless():
    mutants.limit_time(0.2)
    while True:
        pass


def hoarding():
    mutants.limit_memory()
    try:
        bytearray(int(1.5e9 * mutants.GIGABYTES))
    except MemoryError:
        os._exit(mutants.KILLED)


@pytest.mark.parametrize("work, killed", [(endless, True), (lambda: os._exit(mutants.KILLED), True),
                                          (lambda: os._exit(mutants.LIVES), False), (lambda: None, False)])
def test_a_child_that_fails_or_never_ends_is_killed(work, killed):
    assert (mutants.in_child(work) in mutants.DEADLY) == killed


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="elsewhere the limit is another")
def test_a_child_that_takes_all_memory_is_killed():
    assert mutants.in_child(hoarding) in mutants.DEADLY


def test_an_error_of_the_run_itself_is_no_verdict(capfd):
    assert mutants.in_child(lambda: 1 / 0) not in mutants.DEADLY
    assert "ZeroDivisionError" in capfd.readouterr().err


def test_what_a_child_started_ends_with_it(tmp_path):
    def work():
        if os.fork():
            time.sleep(0.1)
            return
        time.sleep(1)
        (tmp_path / "late").touch()
        os._exit(0)

    assert mutants.in_child(work) == 0
    time.sleep(1.5)
    assert not (tmp_path / "late").exists()


def test_the_tests_that_touch_the_changed_lines_are_run_the_fastest_first():
    recorded = {"slow": {"seconds": 2.0, "lines": {"m.py": [4, 6]}}, "fast": {"seconds": 1.0, "lines": {"m.py": [6]}},
                "other line": {"seconds": 0.1, "lines": {"m.py": [4]}},
                "other module": {"seconds": 0.1, "lines": {"n.py": [6]}}}
    chosen = {m.before: [name for name, _ in mutants.touching(m, recorded)] for m in mutations.mutants("m.py", SOURCE)}
    assert chosen["if not x < n and n != 2:"] == ["fast", "slow"]
    assert chosen["n -= 1"] == ["other line", "fast", "slow"]  # touched by none: all that touch the module
    few = {m.before: mutants.touching(m, recorded, most=2.5) for m in mutations.mutants("m.py", SOURCE)}
    assert few["n -= 1"] == [("other line", 0.1), ("fast", 1.0)]
    recorded[mutants.IMPORT + "tests"] = {"seconds": 0.0, "lines": {"m.py": [4]}}
    chosen = {m.before: [name for name, _ in mutants.touching(m, recorded)] for m in mutations.mutants("m.py", SOURCE)}
    assert chosen["def f(x: int | None, n=3, mode='mean'):"] == ["other line", "fast", "slow"]
    assert chosen["if not x < n and n != 2:"] == ["fast", "slow"]


def test_the_tests_of_the_file_that_is_named_first_are_run_first():
    recorded = {f"tests/test_{file}.py::test": {"seconds": seconds, "lines": {"m.py": [6]}}
                for file, seconds in (("own", 2.0), ("other", 1.0))}
    mutant = next(m for m in mutations.mutants("m.py", SOURCE) if m.before == "if not x < n and n != 2:")
    assert mutants.touching(mutant, recorded, first="own")[0] == ("tests/test_own.py::test", 2.0)
    assert mutants.touching(mutant, recorded, first="missing")[0] == ("tests/test_other.py::test", 1.0)


def test_the_lines_that_a_test_touches_are_seen_in_each_thread_and_no_others():
    def work():
        def first():
            return 1

        def second():
            return 2

        lines, here = {}, first.__code__.co_filename

        def see(code, line):
            if code.co_filename == here and code in (first.__code__, second.__code__):
                lines.setdefault(code.co_name, set()).add(line - code.co_firstlineno)
            return code.co_filename == here

        begin, end = mutants.watch_lines(see)
        first()
        for function in (first, second, first):
            lines.clear()
            begin()
            thread = threading.Thread(target=function)
            thread.start()
            thread.join()
            end()
            second()
            if lines.get(function.__name__, set()) - {0} != {1} or len(lines) != 1:
                os._exit(mutants.LIVES)
        os._exit(mutants.KILLED)

    assert mutants.in_child(work) == mutants.KILLED


@pytest.mark.parametrize("arguments", [["course_utils/nowhere.py"], ["--sample", "few"]])
def test_a_wrong_call_is_refused(arguments, capsys):
    with pytest.raises(SystemExit):
        mutants.parse(arguments)
    assert "course_utils/optimizers.py" in capsys.readouterr().err or "few" in arguments


def test_every_group_names_files_that_exist():
    for modules, files in mutants.GROUPS:
        assert all((mutants.ROOT / module).exists() for module in modules)
        assert all((mutants.ROOT / f"tests/test_{name}.py").exists() for name in files)


def test_everything_listed_as_equivalent_is_still_in_the_source_and_has_a_reason():
    entries = mutants.equivalents()
    made = [m for module in sorted({entry["module"] for entry in entries}) for m in mutants.mutants_of(module)]
    idle = [entry for entry in entries if not any(mutants.is_equivalent(m, [entry]) for m in made)]
    assert not idle and all(len(entry["reason"]) > 10 for entry in entries)
