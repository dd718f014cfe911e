"""JupyterLab as a reader meets it: a server on this machine, a browser, and a page object for each notebook."""

import base64
import json
import os
import re
import shutil
import subprocess
import sys
import time
from ast import literal_eval
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import TimeoutError as BrowserTimeout
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[2]
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
PLACES = ("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
          "/Applications/Chromium.app/Contents/MacOS/Chromium",
          "C:/Program Files/Google/Chrome/Application/chrome.exe",
          "C:/Program Files (x86)/Microsoft/Edge/Application/msedge.exe")
MISSING = ("The browser tests need a Chromium, and none was found. Debian, Ubuntu: sudo apt install chromium; macOS: "
           "brew install --cask chromium; Windows: winget install Google.Chrome; anywhere: {python} -m playwright "
           "install chromium. One that lies elsewhere is named by the environment variable CHROMIUM.")
SETTINGS = {  # every cell on the page at once, and nothing that asks the network
    "notebook-extension/tracker": {"windowingMode": "none"},
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    "extensionmanager-extension/plugin": {"enabled": False},
}
OF_JUPYTERLAB = "|".join([  # what JupyterLab and Chromium themselves say on the console
    r"Error with Permissions-Policy header",
    r"warning: Plugin @jupyterlab/\S+ .* took [\d.]+ms to activate",
])


def find_chromium(playwright=None):
    """The path of a Chromium, or None: the variable CHROMIUM, one on the PATH, one installed by Playwright."""
    named = os.environ.get("CHROMIUM")
    if named:
        return named if shutil.which(named) else None
    found = next(filter(None, map(shutil.which, (*NAMES, *PLACES))), None)
    own = playwright and playwright.chromium.executable_path
    return found or (own if own and Path(own).exists() else None)


@contextmanager
def chromium():
    """A headless Chromium; LookupError with what to install if there is none."""
    with sync_playwright() as playwright:
        path = find_chromium(playwright)
        if path is None:
            raise LookupError(MISSING.format(python=sys.executable))
        browser = playwright.chromium.launch(executable_path=path, args=["--disable-gpu", "--disable-quic",
                                                                         "--disable-background-networking"])
        try:
            yield browser
        finally:
            browser.close()


class Lab:
    """A JupyterLab server on loopback that shows `folder`, with settings and state of its own in `home`."""

    module, app, pages = "jupyterlab", "LabApp", "doc/tree"

    def __init__(self, folder, home, seconds=60):
        self.folder, self.home = Path(folder), Path(home)
        home = self.home
        for name, value in SETTINGS.items():
            file = home / "settings/@jupyterlab" / f"{name}.jupyterlab-settings"
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(json.dumps(value), encoding="utf-8")
        places = {"JUPYTERLAB_SETTINGS_DIR": "settings", "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
                  "JUPYTER_CONFIG_DIR": "config", "JUPYTER_RUNTIME_DIR": "runtime", "JUPYTER_DATA_DIR": "data",
                  "IPYTHONDIR": "ipython"}
        environment = os.environ | {name: str(home / place) for name, place in places.items()}
        environment |= {"JUPYTER_PREFER_ENV_PATH": "1"}
        with open(home / "server.log", "w") as log:
            self._process = subprocess.Popen(
                [sys.executable, "-m", self.module, "--no-browser", "--allow-root", "--ServerApp.ip=127.0.0.1",
                 "--ServerApp.port=0", f"--ServerApp.root_dir={self.folder}",
                 f"--{self.app}.expose_app_in_browser=True"],
                env=environment, stdout=log, stderr=log)
        ends = time.monotonic() + seconds
        while not (started := list((home / "runtime").glob("jpserver-*.json"))):
            if self._process.poll() is not None or time.monotonic() > ends:
                self.close()
                raise RuntimeError("JupyterLab did not start:\n" + (home / "server.log").read_text()[-2000:])
            time.sleep(0.1)
        server = json.loads(started[0].read_text(encoding="utf-8"))
        self._url, self._token = server["url"], server["token"]

    @property
    def processes(self):
        """The server and its kernels."""
        import psutil

        server = psutil.Process(self._process.pid)
        return [server, *server.children(recursive=True)]

    def url(self, name):
        return f"{self._url}{self.pages}/{name}?token={self._token}&reset"

    def close(self):
        """End the server, which ends its kernels."""
        self._process.terminate()
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class Notebook:
    """A notebook opened in a page of the browser; `complaints` collects what the console says against it."""

    def __init__(self, browser, lab, name, width=1280, height=900):
        self.complaints = []
        self.page = browser.new_page(viewport={"width": width, "height": height})
        self.page.set_default_timeout(30_000)
        self.page.on("console", lambda m: m.type in ("error", "warning") and self._complain(f"{m.type}: {m.text}"))
        self.page.on("pageerror", lambda error: self._complain(f"exception: {error}"))
        self.page.on("request", lambda r: r.url.startswith(("http:", "https:")) and not r.url.startswith(lab._url)
                     and self._complain(f"request to {r.url}"))
        self._address = lab.url(name)
        self.reopen()

    def reopen(self):
        """Open the notebook as it was saved."""
        self.page.goto("about:blank")
        self.page.goto(self._address)
        self.page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=60_000)
        self._js("await panel.sessionContext.ready; await panel.context.ready")
        self.name_cells()
        self.page.wait_for_selector('.jp-Notebook-ExecutionIndicator[data-status="idle"]', timeout=60_000)

    def name_cells(self):
        """Write the id of each cell into the page, for `cell` to find it."""
        self._js("panel.content.widgets.forEach(w => { w.node.dataset.cellId = w.model.id })")

    def _complain(self, text):
        if not re.search(OF_JUPYTERLAB, text):
            self.complaints.append(text[:500])

    def _js(self, code, argument=None):
        """Run JavaScript in the page, with `app`, the notebook's `panel` and its `kernel` at hand."""
        return self.page.evaluate("async argument => { const app = window.jupyterapp, panel = app.shell.currentWidget,"
                                  f"kernel = panel.sessionContext.session?.kernel; {code} }}", argument)

    def close(self):
        """Shut the kernel down, leave without saving."""
        self._js("await panel.sessionContext.shutdown()")
        self.page.close()

    def run_all(self, seconds=600):
        """Run > Run All Cells; returns when nothing runs or waits any more."""
        self.command("notebook:run-all-cells", seconds)

    def command(self, name, seconds=60):
        """A command of the menu, and wait until it is done."""
        self._js("app.commands.execute(argument)", name)
        self.wait(seconds)

    def restart(self):
        self._js("await kernel.restart()")
        self.wait(30)

    def wait(self, seconds=60):
        """Wait until the kernel is idle and no cell runs or waits for its turn."""
        idle = """() => { const panel = window.jupyterapp.shell.currentWidget;
            return panel.sessionContext.session?.kernel?.status === 'idle' && panel.content.widgets.every(w =>
                w.model.type !== 'code' || (w.model.executionState ?? 'idle') === 'idle' && w.prompt !== '*') }"""
        self.page.wait_for_timeout(150)
        self.page.wait_for_function(idle, timeout=1000 * seconds, polling=100)

    def ask(self, expression, seconds=60):
        """The value of a Python expression in the kernel, if it is made of plain literals."""
        reply = self._js("const future = kernel.requestExecute({code: '', silent: true, store_history: false, "
                         "user_expressions: {value: argument}}); return (await future.done).content", expression)
        value = reply["user_expressions"]["value"]
        if value["status"] != "ok":
            raise RuntimeError(f"{expression}: {value['ename']}: {value['evalue']}")
        return literal_eval(value["data"]["text/plain"])

    def cell(self, id):
        return Cell(self, id)

    def cells(self):
        """All code cells, as (id, source, tags)."""
        return self._js("return panel.content.widgets.filter(w => w.model.type === 'code').map(w => [w.model.id, "
                        "w.model.sharedModel.source, w.model.getMetadata('tags') ?? []])")

    def not_run(self):
        """Code cells that have no execution count."""
        return self._js("return panel.content.widgets.filter(w => w.model.type === 'code' && "
                        "w.model.executionCount === null).map(w => w.model.id)")

    def errors(self):
        """What went wrong: error outputs, and whatever was written to stderr, by cell."""
        return self._js("""return panel.content.widgets.filter(w => w.model.type === 'code').flatMap(w =>
            w.model.outputs.toJSON().filter(o => o.output_type === 'error' || o.name === 'stderr')
                .map(o => w.model.id + ': ' + (o.ename ? o.ename + ': ' + o.evalue : [o.text].flat().join(''))))""")

    def figures_without_words(self):
        """Cells with a figure that print nothing, and whose neighbours among the code cells print nothing either."""
        return self._js("""
            const cells = panel.content.widgets.filter(w => w.model.type === 'code').map(w => w.model);
            const shown = cells.map(cell => cell.outputs.toJSON());
            const words = shown.map(outputs => outputs.some(o => o.name === 'stdout' || o.data?.['text/html']));
            return cells.filter((_, i) => shown[i].some(o => o.data?.['image/png'])
                                          && !words[i] && !words[i - 1] && !words[i + 1]).map(cell => cell.id)""")

    def theme(self, name):
        """Change to the light or the dark theme."""
        self._js("await app.commands.execute('apputils:change-theme', {theme: argument})", f"JupyterLab {name.title()}")
        self.page.wait_for_selector(f"body[data-jp-theme-light='{str(name == 'light').lower()}']", state="attached")


class Cell:
    """One code cell of an open notebook."""

    def __init__(self, notebook, id):
        self.notebook, self.id = notebook, id
        self.node = notebook.page.locator(f'[data-cell-id="{id}"]')

    @property
    def text(self):
        """What the output says."""
        return self.node.locator(".jp-OutputArea").inner_text()

    def type(self, source):
        """Replace what stands in the cell, at the keyboard."""
        self.node.locator(".cm-content").click()
        self.notebook.page.keyboard.press("ControlOrMeta+a")
        self.notebook.page.keyboard.insert_text(source)

    def select(self):
        self.node.locator(".jp-InputPrompt").click()

    def run(self, seconds=60):
        """Click into the cell and press Ctrl + Enter."""
        self.node.locator(".cm-content").click()
        self.notebook.page.keyboard.press("Control+Enter")
        self.notebook.wait(seconds)
        return self

    @contextmanager
    def cell_below(self):
        """A new cell below, made with the key B, and deleted with D, D in the end."""
        page = self.notebook.page
        self.select()
        page.keyboard.press("b")
        self.notebook.name_cells()
        below = Cell(self.notebook, self.notebook._js("return panel.content.activeCell.model.id"))
        yield below
        below.select()
        page.keyboard.press("d")
        page.keyboard.press("d")

    def explorable(self):
        return Explorable(self)


class Explorable:
    """The sliders, boxes, picture and words in the output of a cell."""

    def __init__(self, cell):
        self.cell, self.page = cell, cell.notebook.page
        self.image = cell.node.locator(".explorable img")
        self.words = cell.node.locator(".explorable-words")
        self.image.wait_for()
        self.name = displayed(cell)
        cell.node.locator("img[alt^=Figure]").wait_for()
        names = cell.notebook.ask(f"list({self.name}.controls)")
        rows = cell.node.locator(".explorable .widget-hbox").all()
        self.controls = [Slider(self, row, name) for row, name in zip(rows, names, strict=True)]

    def picture(self):
        """The bytes of the image on the page."""
        return base64.b64decode(self.page.evaluate(
            """async image => { const bytes = new Uint8Array(await (await fetch(image.src)).arrayBuffer());
               return btoa(Array.from(bytes, b => String.fromCharCode(b)).join('')) }""",
            self.image.element_handle()))

    def summary(self):
        return self.words.inner_text()

    def ask(self, attribute):
        """An attribute of the `Explorable` in the kernel."""
        return self.cell.notebook.ask(f"{self.name}.{attribute}")

    def kernel_value(self, slider):
        return self.cell.notebook.ask(f"float({self.name}.values[{slider.name!r}])")

    def wait_for_value(self, slider, value, seconds=20):
        """Wait until the kernel has taken a value of this slider, up to its rounding."""
        ends = time.monotonic() + seconds
        while abs(self.kernel_value(slider) - value) > 1e-5 * abs(value):
            if time.monotonic() > ends:
                raise BrowserTimeout(f"{slider.label} of {self.cell.id} is {self.kernel_value(slider)}, not {value}")
            self.page.wait_for_timeout(20)

    def state(self):
        return self.picture(), self.summary()

    def changed_since(self, before, seconds=20):
        """Wait until picture and words both differ from `before`, a state; return the new state."""
        ends = time.monotonic() + seconds
        while True:
            try:
                now = self.state()
            except Exception as error:  # a picture replaced while it was read
                if "Failed to fetch" not in str(error):
                    raise
                now = before
            if all(a != b for a, b in zip(now, before, strict=True)):
                return now
            if time.monotonic() > ends:
                same = [name for name, a, b in zip(("picture", "words"), now, before, strict=True) if a == b]
                raise BrowserTimeout(f"{' and '.join(same)} of {self.cell.id} did not change: {now[1]!r}")
            self.page.wait_for_timeout(20)


    def settle(self):
        """Wait until the words have been the same for a while."""
        words, since = self.summary(), time.monotonic()
        while time.monotonic() < since + 0.3:
            self.page.wait_for_timeout(50)
            if self.summary() != words:
                words, since = self.summary(), time.monotonic()


class Slider:
    """A control of an explorable: its label, its handle and its number box."""

    def __init__(self, explorable, row, name):
        self.page, self.name = explorable.page, name
        self.handle, self.box = row.locator("[role=slider]"), row.locator("input[type=number]")
        self.track = row.locator(".noUi-base")
        self.label = row.locator(".widget-label").first.inner_text()

    @property
    def whole(self):
        return self.box.get_attribute("step") == "1"

    @property
    def value(self):
        return float(self.box.input_value())

    @property
    def place(self):
        """Where the handle stands on its track, from 0 to 1; its aria-valuenow knows one decimal only."""
        handle, track = self.handle.bounding_box(), self.track.bounding_box()
        return (handle["x"] + handle["width"] / 2 - track["x"]) / track["width"]

    def drag(self, place, steps=6, hold=False):
        """Take the handle with the mouse and pull it to this place of the track, in so many steps."""
        self.track.scroll_into_view_if_needed()
        handle, track = self.handle.bounding_box(), self.track.bounding_box()
        y, start = handle["y"] + handle["height"] / 2, handle["x"] + handle["width"] / 2
        self.page.mouse.move(start, y)
        self.page.mouse.down()
        self.page.mouse.move(track["x"] + place * track["width"], y, steps=steps)
        if not hold:
            self.page.mouse.up()

    def press(self, key):
        self.handle.focus()
        self.page.keyboard.press(key)

    def set(self, value):
        """Type a number into the box and press Enter."""
        self.box.fill(f"{value:.6g}")
        self.box.press("Enter")


def displayed(cell):
    """The variable that a cell displays in its last line."""
    source = next(source for id, source, _ in cell.notebook.cells() if id == cell.id)
    return source.strip().splitlines()[-1].strip(" ;")


if __name__ == "__main__":
    with sync_playwright() as playwright:
        found = find_chromium(playwright)
    sys.exit(None if found else MISSING.format(python=sys.executable))
