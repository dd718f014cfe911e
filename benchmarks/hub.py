"""A class on a JupyterHub: `python benchmarks/hub.py --learners 20` starts a real one on this machine and fills it.

Every learner starts a server, opens notebook 03, starts a kernel and runs the cells one after the other, through the
hub, its proxy and the same REST and websocket calls as a browser. All begin at the same moment, the hardest case. One
learner alone goes first and shows which cells are light. The hub uses the settings of
docs/instructors/jupyterhub/course_hub.py.

Needs `python -m pip install -r benchmarks/requirements.txt` and `npm install configurable-http-proxy` (in this folder,
or anywhere with `--proxy PATH`). Listens on 127.0.0.1 only; Linux.
"""

import argparse
import asyncio
import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
import uuid
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.request import urlopen

import numpy as np
import psutil
from tornado.httpclient import AsyncHTTPClient, HTTPClientError, HTTPRequest
from tornado.websocket import websocket_connect

ROOT = Path(__file__).resolve().parent.parent
SETTINGS = ROOT / "docs/instructors/jupyterhub/course_hub.py"
FOLDER = "learning-rate-course"  # of the course, in a learner's home
LIGHT = 0.25  # seconds that a light cell takes a learner alone, at most

CONFIG = """
load_subconfig({settings!r})
c.JupyterHub.spawner_class, c.JupyterHub.authenticator_class = "simple", "dummy"
c.Authenticator.allow_all = True
c.SimpleLocalProcessSpawner.home_dir_template = {homes!r} + "/{{username}}"
c.Spawner.cmd = [{python!r}, "-m", "jupyterhub.singleuser"]
c.Spawner.args.extend({root_flag!r})
c.JupyterHub.bind_url = "http://127.0.0.1:{port}"
c.JupyterHub.hub_bind_url = "http://127.0.0.1:{hub_port}"
c.ConfigurableHTTPProxy.api_url = "http://127.0.0.1:{proxy_port}"
c.ConfigurableHTTPProxy.command = {proxy!r}
c.JupyterHub.services = [{{"name": "loadtest", "api_token": {token!r}}}]
c.JupyterHub.load_roles = [{{"name": "loadtest", "services": ["loadtest"],
                            "scopes": ["admin:users", "admin:servers", "admin:server_state", "access:servers"]}}]
"""


@contextmanager
def running_hub(proxy, port):
    """A JupyterHub with its proxy in a folder of its own; gives its address, a token, and where homes are."""
    with tempfile.TemporaryDirectory() as folder:
        token, config, homes = secrets.token_hex(16), Path(folder, "jupyterhub_config.py"), Path(folder, "homes")
        homes.mkdir()
        config.write_text(CONFIG.format(
            settings=str(SETTINGS), homes=str(homes), python=sys.executable, port=port, hub_port=port + 1, token=token,
            proxy_port=port + 2, proxy=[proxy], root_flag=["--allow-root"] if os.geteuid() == 0 else []))
        log = open(Path(folder, "hub.log"), "w+")
        hub = subprocess.Popen([sys.executable, "-m", "jupyterhub", "-f", config], cwd=folder, stdout=log, stderr=log)
        try:
            wait_until_it_answers(hub, f"http://127.0.0.1:{port}/hub/api/")
            yield f"http://127.0.0.1:{port}", token, homes
        except BaseException:
            log.seek(0)
            print(*log.read().splitlines()[-40:], sep="\n", file=sys.stderr)
            raise
        finally:
            family = [hub, *psutil.Process(hub.pid).children(recursive=True)] if hub.poll() is None else []
            hub.terminate()
            hub.wait()
            for process in family[1:]:
                with suppress(psutil.NoSuchProcess):
                    process.terminate()
            psutil.wait_procs(family[1:], timeout=20)
            log.close()


def wait_until_it_answers(process, address, seconds=90):
    for _ in range(4 * seconds):
        if process.poll() is not None:
            raise RuntimeError("JupyterHub has ended; its last lines are above")
        with suppress(OSError):
            return urlopen(address).close()
        time.sleep(0.25)
    raise TimeoutError(f"JupyterHub did not answer within {seconds} s")


@dataclass
class Record:
    """What one learner met; seconds, and megabytes at the most."""

    name: str
    spawn: float = np.nan
    open: float = np.nan
    kernel: float = np.nan
    cells: dict = field(default_factory=dict)  # id: seconds
    refused: int = 0  # times that the hub was starting too many servers already
    replies: list = field(default_factory=list)  # seconds of small requests to the server, on the way
    resident: float = 0.0
    own: float = 0.0  # shared pages divided among those who share them
    failures: list = field(default_factory=list)

    @property
    def seconds(self):
        return sum(self.cells.values())


class Learner:
    """A browser without a screen."""

    def __init__(self, name, hub, token, homes, notebook, patience):
        self.record, self.hub, self.token, self.patience = Record(name), hub, token, patience
        self.path, self.here = f"{FOLDER}/notebooks/{notebook.name}", f"{hub}/user/{name}"
        shutil.copytree(notebook.parent, homes / name / FOLDER / "notebooks")

    async def ask(self, url, method="GET", body=None, timeout=120):
        text = None if body is None else json.dumps(body)
        headers = {"Authorization": f"token {self.token}", "Content-Type": "application/json"}
        answer = await AsyncHTTPClient().fetch(HTTPRequest(
            url, method, headers, text, request_timeout=timeout, connect_timeout=timeout,
            allow_nonstandard_methods=True))
        return json.loads(answer.body) if answer.body[:1] in (b"{", b"[") else None

    async def timed(self, work):
        began = time.perf_counter()
        result = await work
        return result, time.perf_counter() - began

    async def study(self, pause=0.0):
        """All of it; whatever goes wrong ends up in the record."""
        record = self.record
        try:
            pid, record.spawn = await self.timed(self.start_server())
            watch = asyncio.create_task(self.watch(pid))
            try:
                notebook, record.open = await self.timed(self.open_notebook())
                (kernel, socket), record.kernel = await self.timed(self.start_kernel())
                for cell in notebook["cells"]:
                    if cell["cell_type"] == "code" and "".join(cell["source"]).strip():
                        await self.run(socket, cell)
                        await asyncio.sleep(pause)
                socket.close()
                await self.ask(f"{self.here}/api/kernels/{kernel}", "DELETE")
            finally:
                watch.cancel()
        except Exception as problem:
            record.failures.append(f"{type(problem).__name__}: {problem}"[:200])
        return record

    async def start_server(self):
        user = f"{self.hub}/hub/api/users/{self.record.name}"
        await self.ask(user, "POST", {})
        while not await self.admitted(f"{user}/server"):
            self.record.refused += 1
        while not (server := (await self.ask(user))["servers"].get("", {})).get("ready"):
            await asyncio.sleep(0.2)
        return server["state"]["pid"]

    async def admitted(self, server):
        """Ask for a server; a hub that is starting as many as it may says when to ask again."""
        try:
            await self.ask(server, "POST", {}, timeout=600)
        except HTTPClientError as answer:
            if answer.code != 429:
                raise
            await asyncio.sleep(float(answer.response.headers.get("Retry-After", 30)))
            return False
        return True

    async def leave(self):
        await self.ask(f"{self.hub}/hub/api/users/{self.record.name}/server", "DELETE")

    async def open_notebook(self):
        await self.ask(f"{self.here}/lab/tree/{self.path}")
        return (await self.ask(f"{self.here}/api/contents/{self.path}"))["content"]

    async def start_kernel(self):
        session = await self.ask(f"{self.here}/api/sessions", "POST", timeout=600, body={
            "path": self.path, "name": "", "type": "notebook", "kernel": {"name": "python3"}})
        kernel = session["kernel"]["id"]
        address = f"{self.here.replace('http', 'ws', 1)}/api/kernels/{kernel}/channels?session_id={uuid.uuid4().hex}"
        socket = await websocket_connect(HTTPRequest(
            address, headers={"Authorization": f"token {self.token}"}, request_timeout=600), max_message_size=2**28)
        await self.execute(socket, "")
        return kernel, socket

    async def run(self, socket, cell):
        error, seconds = await self.timed(self.execute(socket, "".join(cell["source"])))
        self.record.cells[cell["id"]] = seconds
        if error:
            self.record.failures.append(f"{cell['id']}: {error}")

    async def execute(self, socket, source):
        """Send code and wait until it has run; the error in words, if there was one."""
        id, error, waiting = uuid.uuid4().hex, None, {"execute_reply", "idle"}
        await socket.write_message(json.dumps({
            "header": {"msg_id": id, "msg_type": "execute_request", "username": "", "session": "", "date": "",
                       "version": "5.3"}, "parent_header": {}, "metadata": {}, "channel": "shell", "buffers": [],
            "content": {"code": source, "silent": False, "store_history": True, "user_expressions": {},
                        "allow_stdin": False, "stop_on_error": True}}))
        while waiting:
            text = await asyncio.wait_for(socket.read_message(), self.patience)
            if text is None:
                raise ConnectionError("the kernel's connection was closed")
            if isinstance(text, bytes):  # a picture for a widget
                continue
            message = json.loads(text)
            if message["msg_type"] == "status" and message["content"]["execution_state"] in ("restarting", "dead"):
                raise RuntimeError("the kernel died")
            if message["parent_header"].get("msg_id") == id:
                waiting -= {message["msg_type"], message["content"].get("execution_state")}
                if message["msg_type"] == "execute_reply" and message["content"]["status"] == "error":
                    error = f"{message['content']['ename']}: {message['content']['evalue']}"[:200]
        return error

    async def watch(self, pid):
        """Every few seconds, a small request as the page itself sends it, and a look at the memory."""
        while True:
            with suppress(HTTPClientError, OSError):
                _, seconds = await self.timed(self.ask(f"{self.here}/api/kernels"))
                self.record.replies.append(seconds)
            resident, own = memory_of(pid)
            self.record.resident, self.record.own = max(self.record.resident, resident), max(self.record.own, own)
            await asyncio.sleep(3)


def memory_of(pid):
    """Megabytes of a process and all its children: resident, and with shared pages divided among their users."""
    resident = own = 0.0
    with suppress(psutil.NoSuchProcess):
        for process in [psutil.Process(pid), *psutil.Process(pid).children(recursive=True)]:
            with suppress(psutil.NoSuchProcess, OSError):
                rollup = Path(f"/proc/{process.pid}/smaps_rollup").read_text()
                resident += int(re.search(r"^Rss:\s+(\d+)", rollup, re.M)[1]) / 1e6 * 1024
                own += int(re.search(r"^Pss:\s+(\d+)", rollup, re.M)[1]) / 1e6 * 1024
    return resident, own


async def attend(hub, token, homes, notebook, learners, patience, pause):
    """One learner alone, then all at once: their records, and the seconds that the class took."""
    AsyncHTTPClient.configure(None, max_clients=1000)
    new = lambda name: Learner(name, hub, token, homes, notebook, patience)
    first = new("alone")
    alone = await first.study()
    await first.leave()
    began = time.perf_counter()
    together = await asyncio.gather(*(new(f"learner{k:03d}").study(pause) for k in range(learners)))
    return alone, together, time.perf_counter() - began


def row(name, values, unit="s"):
    values = [v for v in values if np.isfinite(v)]
    if not values:
        return f"| {name} | – | – | – |"
    return "| {} | {:.2f} {u} | {:.2f} {u} | {:.2f} {u} |".format(
        name, *np.quantile(values, [0.5, 0.95]), max(values), u=unit)


def report(alone, together, seconds, notebook):
    """The table, as markdown."""
    n, done = len(together), [r for r in together if not r.failures]
    light = [id for id, s in alone.cells.items() if s <= LIGHT]
    first = next(iter(alone.cells), None)
    print(f"{n} learners at once, {notebook.stem}, {os.cpu_count()} cores: {seconds / 60:.1f} min; "
          f"alone {alone.seconds:.0f} s in cells")
    print(f"servers started: {sum(np.isfinite(r.spawn) for r in together)} of {n}, after "
          f"{sum(r.refused for r in together)} refusals; finished without failure: "
          f"{len(done)}; cells run: {sum(len(r.cells) for r in together)} of {n * len(alone.cells)}; "
          f"failures: {sum(len(r.failures) for r in together)}\n")
    print("| | median | 95 % | slowest |\n| --- | --- | --- | --- |")
    print(row("server started", [r.spawn for r in together]))
    print(row("notebook opened", [r.open for r in together]))
    print(row("kernel ready", [r.kernel for r in together]))
    print(row("first cell", [r.cells.get(first, np.nan) for r in together]))
    lightly = [r.cells[id] for r in together for id in light if id in r.cells]
    print(row(f"light cells ({len(light)} a notebook)", lightly))
    print(row("slowest cell of each learner", [max(r.cells.values(), default=np.nan) for r in together]))
    print(row("a small request on the way", [s for r in together for s in r.replies]))
    print(row("all cells", [r.seconds for r in done]))
    print(row("memory of a learner, resident", [r.resident for r in together], "MB"))
    print(row("memory of a learner, shared pages shared out", [r.own for r in together], "MB"))
    for r in [alone, *together]:
        for failure in r.failures:
            print(f"{r.name}: {failure}")
    return 0 if len(done) == n and not alone.failures else 1


def parse(arguments):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--learners", type=int, default=20)
    parser.add_argument("--notebook", type=Path, default=ROOT / "notebooks/03_what_the_learning_rate_does.ipynb")
    parser.add_argument("--pause", type=float, default=0.0, help="seconds that a learner reads after each cell")
    parser.add_argument("--patience", type=float, default=1800, help="seconds without a message from a cell")
    parser.add_argument("--port", type=int, default=8700, help="of the hub; the next two are used as well")
    parser.add_argument("--proxy", default=None, help="the program configurable-http-proxy")
    return parser.parse_args(arguments)


def main(given):
    here = Path(__file__).parent / "node_modules/.bin/configurable-http-proxy"
    proxy = given.proxy or (str(here) if here.exists() else shutil.which("configurable-http-proxy"))
    if not proxy:
        print("configurable-http-proxy is missing: npm install configurable-http-proxy, or say where with --proxy")
        return 1
    with running_hub(proxy, given.port) as (hub, token, homes):
        records = asyncio.run(attend(hub, token, homes, given.notebook.resolve(), given.learners, given.patience,
                                     given.pause))
    return report(*records, given.notebook)


if __name__ == "__main__":
    sys.exit(main(parse(sys.argv[1:])))
