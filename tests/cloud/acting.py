"""What provisioning does to a project, as data: a project, what happened to it, what is called, and all that comes of it.

A file in `cases/` holds cases by name. Each begins with the tenants acme and globex provisioned, and a stranger's server, volume,
network and firewall; `"empty": true` leaves the tenants out. `given` is done first, `then` after the project was looked at:
  {"call": "PUT /servers/{servers/NAME}", "body": {…}}                as somebody with the API would
  {"edit": "servers/NAME", "at": "status", "value": "migrating"}      what the fake holds, where no call leads there
  {"remove": "volumes/NAME"}                                          as somebody in the console would
  {"fault": {"mode": "before", "method": "GET", "path": "/servers$", "code": "unavailable"}}
  {"sold_out": ["cx23"]}, {"withdrawn": ["cx23"]}, {"limit": {"servers": 8}}
  {"answer": "GET /servers$", "status": 200, "text": "<html>"}        as something in between would
  {"meanwhile": "POST /volumes$", "do": {"edit": …}}                  as somebody would at that moment
  {"desired": "server NAME", "set": {…}}, {"roles": {"db": 0}}, {"state": "DEPROVISIONED"}      the spec, of acme
  {"rolled_out": ["tenant-acme-db-1"]}                                  a roll-out that came through, and was recorded
  {"journal": "…"}, {"env": {…}}, {"file": "NAME", "text": "…"}
  {"run": "apply --yes", "exit": 0, "says": ["…"], "never_says": ["…"], "types": ["apply"]}      the script, for acme
  {"plumb": "plan --all", …}                                           the command, for the shipped spec
What comes of it is compared whole: each object that was there is there by its id, with the same content, and none beside it,
but for what the case names: `gone`, `new`, `changed` ({"servers/NAME": {"field": value}}, `*` for any value), and every call that
stops, detaches or deletes is one of `disrupts`. A plan and a status change nothing, and neither does a call that ends with 2 or 3.
"""

import hashlib
import io
import json
import os
import re
import shlex
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from copy import deepcopy
from functools import cache
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest import mock

import yaml

from generators.cloud.desired import desired_state
from generators.cloud.desired_file import shown_state
from plumbline.cli import main as plumb
from plumbline.provisioning import calls, command, data, fleet, run
from plumbline.provisioning.deliveries import record_deliveries
from plumbline.provisioning.first_boot import node_files_hash
from plumbline.spec.loading import load_spec
from plumbline.spec.spec import Spec
from plumbline.spec.spec_files import read_spec_files
from tests.cloud.cloud import client, desired, run_of
from tests.cloud.comparing import compared, disruptions, objects_of
from tests.fake_hcloud import FakeCloud, fake_cloud
from tests.fake_hcloud.faults import ApiFault
from tests.fake_hcloud.wire import Incoming, Outgoing

CASES = Path(__file__).parent / "cases"
ROOT = Path(__file__).parents[2]
TENANT = "acme"
_REFERENCE = re.compile(r"\{([a-z_]+)/([^{}]+)\}")
Json = dict[str, Any]


@cache
def cases() -> dict[str, Json]:
    """Every case by `file/name`."""
    return {
        f"{path.stem}/{name}": case
        for path in sorted(CASES.glob("*.json"))
        for name, case in json.loads(path.read_text("utf-8")).items()
    }


class Terminal(io.StringIO):
    """Somebody who types."""

    def isatty(self) -> bool:
        return True


class Scene:
    """A case while it runs."""

    def __init__(self, cloud: FakeCloud, folder: Path):
        self.cloud, self.folder = cloud, folder
        self.state: Json = deepcopy(acme())
        self.wrong: list[str] = []
        self.env: dict[str, str] = {}
        self.seen = objects_of(cloud)

    def do(self, step: Json) -> None:
        """One line of a case."""
        verb = next(iter(step))
        getattr(self, f"_{verb}")(self.filled(step))
        self.seen |= objects_of(self.cloud)

    # --- what happens to the project --------------------------------------------------------------------------

    def _call(self, step: Json) -> None:
        method, url = step["call"].split(" ")
        client(self.cloud).request(method, url, json=step.get("body", {}))
        self.cloud.finish_actions()

    def _edit(self, step: Json) -> None:
        kind, _, name = step["edit"].partition("/")
        *parents, last = step["at"].split(".")
        target: Any = self.cloud.objects(kind)[self.id_of(kind, name)]
        for part in parents:
            target = target[int(part) if part.isdecimal() else part]
        target[int(last) if last.isdecimal() else last] = step["value"]

    def _remove(self, step: Json) -> None:
        kind, _, name = step["remove"].partition("/")
        self.cloud.remove(kind, self.id_of(kind, name))

    def _fault(self, step: Json) -> None:
        self.cloud.inject(ApiFault(**step["fault"]))

    def _sold_out(self, step: Json) -> None:
        for name in step["sold_out"] or [it["name"] for it in self.cloud.objects("server_types").values()]:
            self.cloud.sold_out(name)

    def _withdrawn(self, step: Json) -> None:
        for it in self.cloud.objects("server_types").values():
            if it["name"] in step["withdrawn"]:
                it["locations"] = []

    def _limit(self, step: Json) -> None:
        self.cloud.project.limits = {**self.cloud.project.limits, **step["limit"]}

    def _answer(self, step: Json) -> None:
        """From now on this is the answer to such calls, whatever the API would say."""
        honest, (method, path) = self.cloud._answer, step["answer"].split(" ")

        def answer(incoming: Incoming) -> Outgoing:
            if incoming.method != method or not re.search(path, incoming.path):
                return honest(incoming)
            return Outgoing(step.get("status", 200), step["text"].encode(), {})

        self.cloud._answer = answer  # type: ignore[method-assign]

    def _meanwhile(self, step: Json) -> None:
        """Somebody else does this at the first call that matches, behind the back of who called."""
        honest, (method, path), rest = self.cloud._answer, step["meanwhile"].split(" "), [step["do"]]

        def answer(incoming: Incoming) -> Outgoing:
            if rest and incoming.method == method and re.search(path, incoming.path):
                each = rest.pop()
                {"edit": self._edit, "remove": self._remove}[next(key for key in ("edit", "remove") if key in each)](
                    each
                )
            return honest(incoming)

        self.cloud._answer = answer  # type: ignore[method-assign]

    # --- what is desired, and the surroundings ------------------------------------------------------------------

    def _desired(self, step: Json) -> None:
        for want in self.state["objects"]:
            if f"{want['kind']} {want['name']}" == step["desired"]:
                want.update(step["set"])

    def _roles(self, step: Json) -> None:
        self.state = desired_state(spec_with(json.dumps(step["roles"])), "online", TENANT)

    def _state(self, step: Json) -> None:
        self.state["state"] = step["state"]

    def _rolled_out(self, step: Json) -> None:
        hashes = {
            want["name"]: node_files_hash(want["user_data"]) for want in self.state["objects"] if "user_data" in want
        }
        with self._surroundings():
            run_ = run_of(self.cloud, self.state, self.folder / "journal")
            assert record_deliveries(run_, {name: hashes[name] for name in step["rolled_out"]})

    def _journal(self, step: Json) -> None:
        (self.folder / "journal").write_text(step["journal"])

    def _file(self, step: Json) -> None:
        (self.folder / step["file"]).write_text(step["text"])

    def _env(self, step: Json) -> None:
        self.env |= step["env"]

    # --- what is called -------------------------------------------------------------------------------------------

    def _run(self, step: Json) -> None:
        words = ["--tenant", TENANT, "--journal", str(self.folder / "journal"), *shlex.split(step["run"])]
        _write_data(self.state, self.folder / "online")
        self._called(step, step["run"], lambda: command.main(self.folder / "online", words))

    def _plumb(self, step: Json) -> None:
        words = ["plumb", "--spec", str(ROOT / "data"), "provision", *shlex.split(step["plumb"])]
        with mock.patch.object(sys, "argv", words):
            self._called(step, step["plumb"], plumb)

    def _called(self, step: Json, called: str, work: Callable[[], int | None]) -> None:
        """Call it as a user does, without a terminal unless somebody types, and judge what came of it."""
        out, before = io.StringIO(), len(self.cloud.calls)
        handlers = {ending: signal.getsignal(ending) for ending in (signal.SIGTERM, signal.SIGHUP)}
        typed = Terminal("\n".join(step["types"]) + "\n") if "types" in step else io.StringIO("")
        with redirect_stdout(out), redirect_stderr(out), mock.patch.object(sys, "stdin", typed), self._surroundings():
            try:
                code = work() or 0
            except SystemExit as left:
                code = int(left.code or 0)
            except Exception as error:
                code = -1
                print(f"Traceback: {error!r}")
            finally:
                for ending, handler in handlers.items():
                    signal.signal(ending, handler)
        self._judge(step, called, code, out.getvalue(), before)

    @contextmanager
    def _surroundings(self) -> Iterator[None]:
        env = {
            "HCLOUD_ENDPOINT": self.cloud.endpoint,
            "HCLOUD_TOKEN": self.cloud.token,
            "HCLOUD_POLL_SECONDS": "0",
            "XDG_STATE_HOME": str(self.folder),
        } | self.env
        kept = Path.cwd()
        with mock.patch.dict(os.environ, env), ExitStack() as stack:
            for function in (run.ProvisionRun.__init__, calls.connect, fleet.Fleet.__init__):
                defaults = tuple(self._passes if each is time.sleep else each for each in function.__defaults__ or ())
                stack.enter_context(mock.patch.object(function, "__defaults__", defaults))
            os.chdir(self.folder)
            try:
                yield
            finally:
                os.chdir(kept)
                self.cloud.finish_actions()

    def _passes(self, seconds: float) -> None:
        """Time passes at once, also for what runs at the provider."""
        self.cloud.finish_actions()

    def _judge(self, step: Json, called: str, code: int, out: str, before: int) -> None:
        text = re.sub(r"\s+", " ", out)
        if code != step["exit"]:
            self.wrong.append(f"`{called}` ended with {code}, not {step['exit']}: {text[-600:]}")
        for words in step.get("says", []):
            if words not in text:
                self.wrong.append(f"`{called}` did not say “{words}”: {text[-900:]}")
        for words in ["Traceback", "a fault of plumb itself", self.cloud.token, *step.get("never_says", [])]:
            if words in text:
                self.wrong.append(f"`{called}` said “{words}”: {text[-600:]}")
        changing = [call for call in self.cloud.calls[before:] if call.changing]
        if changing and (code in (2, 3) or called.split(maxsplit=1)[0] in ("plan", "status")):
            self.wrong.append(f"`{called}` sent {[f'{call.method} {call.path}' for call in changing]}")
        for pattern in step.get("never", []):
            sent = [f"{call.method} {call.path}" for call in self.cloud.calls[before:]]
            if found := [each for each in sent if re.search(pattern, each)]:
                self.wrong.append(f"`{called}` sent {found}")

    # --- names ------------------------------------------------------------------------------------------------

    def id_of(self, kind: str, name: str) -> int:
        """The id of an object by its name."""
        found = [number for number, it in self.cloud.objects(kind).items() if it["name"] == name]
        if not found:
            raise LookupError(f"the case names {kind}/{name}, and there is none")
        return found[0]

    def filled(self, value: Any) -> Any:
        """With ids in place of `{KIND/NAME}`, and the folder in place of `{folder}`."""
        if isinstance(value, dict):
            return {key: self.filled(each) for key, each in value.items()}
        if isinstance(value, list):
            return [self.filled(each) for each in value]
        if not isinstance(value, str):
            return value
        if whole := _REFERENCE.fullmatch(value):
            return self.id_of(*whole.groups())
        return _REFERENCE.sub(
            lambda found: str(self.id_of(*found.groups())), value.replace("{folder}", str(self.folder))
        )


@cache
def acme() -> Json:
    """What is desired of the tenant, by the shipped spec."""
    return desired(TENANT)


def tried(case: Json) -> list[str]:
    """What is wrong with a case; empty when all is well."""
    seed = case.get("seed", 0)
    with fake_cloud(seed=seed) as cloud, TemporaryDirectory() as folder:
        cloud.project.objects = deepcopy(clean("empty" in case))
        cloud.project.ids = count(2_000_001)
        scene = Scene(cloud, Path(folder))
        try:
            for step in case.get("given", []):
                scene.do(step)
            before, since = objects_of(cloud), len(cloud.calls)
            for step in case["then"]:
                scene.do(step)
        except LookupError as error:
            return [f"{scene.wrong} {error}"]
        cloud.finish_actions()
        wrong = scene.wrong + compared(before, objects_of(cloud), case, scene.filled)
        sent = disruptions(scene.seen | before, cloud.calls[since:])
        expected = set(case.get("disrupts", []))
        wrong += [f"unasked: {each}" for each in sorted(sent - expected)]
        return wrong + [f"never done: {each}" for each in sorted(expected - sent)]


@cache
def clean(empty: bool) -> dict[str, dict[int, Json]]:
    """A project to begin with; what strangers have, and the tenants unless it is to be empty."""
    with fake_cloud(action_polls=0) as cloud, TemporaryDirectory() as folder:
        api = client(cloud)
        api.zones.create(name="example.com", mode="primary")
        api.request("POST", "/networks", json={"name": "office", "ip_range": "10.200.0.0/16"})
        api.request("POST", "/firewalls", json={"name": "emergency"})
        api.request("POST", "/volumes", json={"name": "scratch", "size": 10, "location": "nbg1"})
        order = {"name": "rescue", "server_type": "cx23", "image": "debian-13", "location": "nbg1"}
        api.request("POST", "/servers", json=order)
        if not empty:
            for tenant in (TENANT, "globex"):
                assert run_of(cloud, desired(tenant), Path(folder) / tenant).apply() == []
        cloud.finish_actions()
        return deepcopy(cloud.project.objects)


@cache
def spec_with(counts: str) -> Spec:
    """The shipped spec with other numbers of servers for acme, as JSON."""
    texts = dict(read_spec_files(ROOT / "data"))
    tenants = yaml.safe_load(texts["tenants.yaml"])
    nodes = {role: {"count": number} for role, number in json.loads(counts).items()}
    tenants["tenants"][TENANT]["nodes"] = nodes
    texts["tenants.yaml"] = yaml.safe_dump(tenants)
    spec, findings = load_spec(texts)
    assert spec is not None, findings
    return spec


def _write_data(state: Json, folder: Path) -> None:
    """A desired state as `plumb build` writes it."""
    own = folder / TENANT
    for want in state["objects"]:
        if "user_data" in want:
            path = own / "cloud-init" / f"{want['role']}.yaml"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(want["user_data"])
    text = json.dumps(shown_state(state)).encode()
    (own / data.DESIRED).write_bytes(text)
    (folder / data.INDEX).write_text(f"{hashlib.sha256(text).hexdigest()}  {TENANT}/{data.DESIRED}\n")
