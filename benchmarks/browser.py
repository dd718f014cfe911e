"""From a slider's event to the changed picture, for every explorable: in the kernel, and in a browser.

    python benchmarks/browser.py [moves]     needs what make browser-test installs

kernel    setting the slider's value in Python: compute, draw, encode, hand over; random places
browser   in JupyterLab in a headless Chromium: an arrow key on the slider's handle, to the kernel and back, until the
          new picture is decoded and a frame of the page has begun; one place after another
The targets are 16 ms at p95 in the kernel and 100 ms at p95 in the browser, on two cores. The first move of a slider
that trains networks trains them for all its places: see max.
"""

import sys
import tempfile
from pathlib import Path
from time import perf_counter

import nbformat
import numpy as np

from course_utils import explorables

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests/browser"))
from lab import Lab, Notebook, chromium

SETUP = """
from course_utils.explorables import *
from course_utils.data import load_capstone, make_blobs
from course_utils.models import mlp
from course_utils.optimizers import sgd
from course_utils.studies.robustness import load_study, make_problems
from course_utils.sweep import sweep
import numpy as np
"""
ARGUMENTS = {"explore_search": "sweep(mlp(2, 50, 3), make_blobs(), sgd, lr=np.geomspace(1e-4, 10, 11), seeds=range(6), "
                               "epochs=20, progress=False)",
             "explore_split": "load_capstone('outcomes')",
             "explore_one_rate": "load_study(make_problems()), least=0.8"}  # the others stand alone
MAKERS = {name: f"{name}({ARGUMENTS.get(name, '')})" for name in explorables.__all__ if name.startswith("explore_")}
MOVE = """async ([id, index, key]) => {
    const cell = document.querySelector(`[data-cell-id="${id}"]`), image = cell.querySelector('.explorable img');
    const handle = cell.querySelectorAll('.explorable [role=slider]')[index];
    const begin = performance.now();
    const shown = new Promise(done => {
        const end = () => requestAnimationFrame(() => done(performance.now() - begin));
        image.addEventListener('load', end, {once: true});
        setTimeout(() => done(null), 1000);
    });
    handle.dispatchEvent(new KeyboardEvent('keydown', {key, bubbles: true}));
    return await shown;
}"""


def in_the_kernel(make, name, moves):
    """Milliseconds of each move of one slider."""
    explorable = make()
    slider, control = explorable.view.inputs[name][1], explorable.controls[name]
    places = np.random.default_rng(0).choice(control.places, moves).tolist()
    times = []
    for place in places:
        before, start = explorable.image.value, perf_counter()
        slider.value = place
        if explorable.image.value is not before:
            times.append(1e3 * (perf_counter() - start))
    return times


def in_the_browser(cell, index, moves):
    """Milliseconds of each press of an arrow key, back and forth, that a new picture follows; gives up after ten."""
    cell.run()
    slider = cell.explorable().controls[index]
    key, times, vain = "ArrowRight", [], 0
    while len(times) < moves and vain < 10:
        if slider.place > 0.999 or slider.place < 0.001:
            key = "ArrowLeft" if slider.place > 0.5 else "ArrowRight"
        time = cell.notebook.page.evaluate(MOVE, [cell.id, index, key])
        vain = vain + 1 if time is None else 0
        if time is not None:
            times.append(time)
    return times


def main(moves=100):
    namespace = {}
    exec(SETUP, namespace)
    cells = {"setup": SETUP, **{name.replace("_", "-"): f"shown = {make}\nshown" for name, make in MAKERS.items()}}
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(s, id=id) for id, s in cells.items()])
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    print(f"{'milliseconds':38}{'kernel':>27}{'browser':>27}\n{'':38}" + 2 * f"{'p50':>9}{'p95':>9}{'max':>9}"
          + f"{'moves':>8}")
    with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as home, chromium() as browser:
        nbformat.write(notebook, Path(folder, "explorables.ipynb"))
        lab = Lab(folder, home)
        try:
            page = Notebook(browser, lab, "explorables.ipynb")
            page.run_all()
            for name, source in MAKERS.items():
                make = lambda source=source: eval(source, namespace)
                for index, (control, settings) in enumerate(make().controls.items()):
                    kernel = in_the_kernel(make, control, moves)
                    times = in_the_browser(page.cell(name.replace("_", "-")), index, moves)
                    numbers = [*np.quantile(kernel, [0.5, 0.95, 1]), *np.quantile(times, [0.5, 0.95, 1])]
                    print(f"{name:26}{settings.label:12}" + "".join(f"{n:9.1f}" for n in numbers)
                          + f"{len(times):8}", flush=True)
            page.close()
        finally:
            lab.close()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
