"""S20: a script is stopped or limited, the host is unharmed, and the next script runs as if nothing had been."""

from __future__ import annotations

import ast
import json
import os
import platform
import select
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from formline.errors import AccessDeniedError
from formline.runtime.scripts import conversation, frames
from formline.runtime.scripts.conversation import Run, ScriptError
from formline.runtime.scripts.launcher import Launcher, Locks, ScriptsOffError, Worker, shared_zygote
from tests.security import script_jail
from tests.security.script_attacks import NATIVE, SOURCES

ROOT = Path(__file__).parents[2]
START = {
    "object": "customer",
    "rows": [{"record": {"id": "1", "name": "Anna", "amount": 5}}],
    "user": {"id": None, "name": "Bob"},
    "inputs": {"limit": 1},
    "patches": True,
}
ATTACKS = [(category, attack) for category, attacks in SOURCES.items() for attack in attacks]


@pytest.fixture(scope="module")
def launcher(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Launcher]:
    made = Launcher(tmp_path_factory.mktemp("scripts"))
    yield made
    made.close()


def run(launcher: Launcher, source: str, seconds: float = 5.0) -> Run:
    """Run a script whose operations find nothing."""
    return conversation.run(launcher, {**START, "source": source}, lambda name, arguments: [], seconds=seconds)


def test_there_are_more_than_150_attacks() -> None:
    assert len(ATTACKS) + sum(map(len, NATIVE.values())) + len(GARBAGE) >= 300


@pytest.mark.parametrize("category", list(SOURCES))
def test_attacks_from_within_a_script_get_nothing(launcher: Launcher, category: str) -> None:
    """Each fails, or gets exactly the harmless result that is named; an innocent script runs after each."""
    got = {}
    for attack in SOURCES[category]:
        source, *expected = (attack,) if isinstance(attack, str) else attack
        ended = run(launcher, source, 0.4 if category in ("cpu", "memory", "big integers", "recursion") else 5.0)
        if expected:
            if ended.error is not None or ended.result != expected[0]:
                got[source] = ended
        elif ended.error is None:
            got[source] = ended
        assert len(ended.log) <= 200
    assert got == {}
    after = run(launcher, "record.name = record.name + '!'\nresult = 6 / 4 * 2")
    assert (after.changes, after.result, after.error) == ({"name": "Anna!"}, 3, None)


@pytest.mark.skipif(platform.machine() != "x86_64", reason="the numbers of the system calls are those of x86-64")
@pytest.mark.parametrize("category", list(NATIVE))
def test_attacks_with_the_whole_of_python_are_stopped_by_the_kernel(category: str, tmp_path: Path) -> None:
    """Were the language's rules broken, the process itself still can do nothing."""
    canary = tmp_path / "canary"
    canary.write_text("alive")
    canary.chmod(0o666)
    tmp_path.chmod(0o777)
    attacks = NATIVE[category]
    done = subprocess.run(
        [sys.executable, "-m", script_jail.__name__],
        input=json.dumps([os.getpid(), str(canary), attacks]),
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        cwd=ROOT,
    )
    found = dict(zip(attacks, json.loads(done.stdout), strict=True))
    assert {attack: said for attack, said in found.items() if not said.startswith("stopped")} == {}
    assert canary.read_text() == "alive"
    assert [each.name for each in tmp_path.iterdir()] == ["canary"]


# --- a worker that is not ours any more ------------------------------------------------------------------------------


def frame(body: bytes) -> bytes:
    """Return a frame around anything."""
    return struct.pack(">I", len(body)) + body


def done(**values: Any) -> bytes:
    """Return an end with values of the attacker's choice."""
    return frame(json.dumps({"done": True, "rows": [{}], **values}).encode())


ASK = frame(b'{"ask":"find","arguments":{"object":"x"}}')
#: What a hostile process says instead of the truth.
GARBAGE: dict[str, bytes] = {
    "nothing": b"",
    "half a length": b"\0\0",
    "half a frame": b"\0\0\0\xff{",
    "a gigabyte": b"\xff\xff\xff\xff" + b"x" * 1000,
    "one byte too many": struct.pack(">I", frames.LARGEST + 1) + b"x" * 100,
    "an empty frame": frame(b""),
    "no JSON": frame(b"hello"),
    "random bytes": frame(bytes(range(256))),
    "no UTF-8": frame(b'{"done":true,"rows":[{}],"x":"\xff"}'),
    "a list": frame(b"[1]"),
    "a text": frame(b'"done"'),
    "null": frame(b"null"),
    "nothing asked": frame(b"{}"),
    "NaN": frame(b'{"done":true,"rows":[{}],"x":{"x":NaN}}'),
    "Infinity": frame(b'{"done":true,"rows":[{}],"x":{"x":Infinity}}'),
    "a float": frame(b'{"done":true,"rows":[{}],"x":{"x":1.5}}'),
    "1e999": frame(b'{"done":true,"rows":[{}],"x":{"x":1e999}}'),
    "a huge number": frame(b'{"done":true,"rows":[{}],"x":{"x":' + b"9" * 5000 + b"}}"),
    "a decimal that explodes": frame(b'{"done":true,"rows":[{}],"x":{"x":{"$number":"1e999999999"}}}'),
    "a decimal that is none": frame(b'{"done":true,"rows":[{}],"x":{"x":{"$number":"NaN"}}}'),
    "a date that is none": frame(b'{"done":true,"rows":[{}],"x":{"x":{"$date":"yesterday"}}}'),
    "an unknown tag": frame(b'{"done":true,"rows":[{}],"x":{"x":{"$class":"os"}}}'),
    "two tags": frame(b'{"done":true,"rows":[{}],"x":{"x":{"$date":"2020-01-01","$time":"x"}}}'),
    "deep lists": frame(b'{"done":true,"rows":[{}],"result":' + b"[" * 100_000 + b"]" * 100_000 + b"}"),
    "deep maps": frame(b'{"a":' * 50_000 + b"1" + b"}" * 50_000),
    "a hundred levels": frame(b'{"done":true,"rows":[{}],"result":' + b"[" * 100 + b"]" * 100 + b"}"),
    "a question without arguments": frame(b'{"ask":"find"}'),
    "arguments that are a list": frame(b'{"ask":"find","arguments":[]}'),
    "a question that is a number": frame(b'{"ask":1,"arguments":{}}'),
    "an end without rows": frame(b'{"done":true}'),
    "no rows": frame(b'{"done":true,"rows":[]}'),
    "too many rows": frame(b'{"done":true,"rows":[{},{}]}'),
    "rows that are none": frame(b'{"done":true,"rows":[1]}'),
    "changes that are a list": frame(b'{"done":true,"rows":[{"changes":[1]}]}'),
    "an unknown operation": frame(b'{"ask":"shutdown","arguments":{}}'),
    "too many questions": ASK * 500,
    "a question, then silence": ASK,
    "a question, then garbage": ASK + b"\xff" * 100,
}


def talk(said: bytes, answer: Callable[[str, Mapping[str, Any]], Any] | None = None) -> Run:
    """Return what the host makes of a worker that says ``said`` and closes."""
    ours, theirs = socket.socketpair()

    def hostile() -> None:
        try:
            theirs.sendall(said)
            theirs.shutdown(socket.SHUT_WR)
            while theirs.recv(1 << 16):
                pass
        except OSError:
            pass

    beside = threading.Thread(target=hostile, daemon=True)
    beside.start()
    ended = conversation._Conversation(ours, answer or asked, 2).hold({**START, "source": "1"})
    ours.close()
    beside.join(5)
    theirs.close()
    return ended


def asked(name: str, arguments: Mapping[str, Any]) -> Any:
    """Answer as the host does: what is not known is refused."""
    if name != "find":
        raise AccessDeniedError("There is no such operation.")
    return []


def frames_until(seconds: float) -> float:
    """Return a moment of the host's clock."""
    return time.monotonic() + seconds


@pytest.mark.parametrize("said", list(GARBAGE.values()), ids=list(GARBAGE))
def test_a_worker_that_speaks_garbage_ends_its_own_run_only(said: bytes) -> None:
    ended = talk(said)
    assert ended.error is not None
    assert (ended.changes, ended.result) == ({}, None)
    assert ended.calls <= conversation.CALLS + 1


def test_what_a_hostile_worker_says_of_itself_is_cut_to_size() -> None:
    ended = talk(done(log=["x" * 2_000] * 400, memory=-5))
    assert (len(ended.log), len(ended.log[0]), ended.memory, ended.changes) == (200, 500, 0, {})
    assert talk(done(log={"a": 1}, memory="y")).log == []
    failed = talk(done(rows=[{"failure": {"a": "x" * 5000}, "line": -1, "field": [1] * 500, "said": 1}])).error
    assert isinstance(failed, ScriptError)
    assert (len(failed.message), failed.line, len(failed.field), failed.said) == (1000, 0, 100, False)


def test_a_refusal_stays_one_whatever_the_worker_says_then() -> None:
    """The host remembers that an operation failed."""

    def refuse(name: str, arguments: Mapping[str, Any]) -> Any:
        raise AccessDeniedError("You may not.")

    ended = talk(ASK + done(rows=[{"changes": {"name": "x"}, "result": 1}]), refuse)
    assert isinstance(ended.error, AccessDeniedError)
    assert (ended.changes, ended.result) == ({}, None)
    assert talk(ASK + ASK, refuse).calls == 2


def test_a_worker_that_does_not_read_is_overdue() -> None:
    """The host does not wait for room in the connection longer than the run may last."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        start = {**START, "source": "x" * 900_000}
        ended = conversation._Conversation(ours, asked, 0.2).hold(start)
    assert ended.error is not None


def test_a_worker_that_drips_is_overdue() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(b"\0\0\0\x40{")
        ended = conversation._Conversation(ours, asked, 0.2).hold({**START, "source": "1"})
    assert ended.error is not None


# --- the lock --------------------------------------------------------------------------------------------------------


def test_every_layer_this_machine_can_have_is_on(launcher: Launcher) -> None:
    """On Linux with Landlock, as root, all of them."""
    with launcher.worker() as worker:
        assert worker.locks.sufficient
        assert worker.locks.off.keys() <= ({"user"} if os.geteuid() else set())
        assert {"process", "limits", "network", "privileges", "files", "system_calls"} <= worker.locks.on.keys()


@pytest.mark.parametrize(
    ("on", "enough"),
    [
        ("process limits network files user", True),
        ("process limits network files", True),
        ("process limits network user", True),
        ("process limits network system_calls", False),
        ("process limits files user", False),
        ("process network files user", False),
        ("", False),
    ],
)
def test_scripts_are_off_where_a_needed_layer_is(on: str, enough: bool) -> None:
    assert Locks(dict.fromkeys(on.split(), ""), {}).sufficient is enough


def test_an_open_lock_runs_nothing_unless_the_operator_says_so(
    launcher: Launcher, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fail closed, with the reason; ``weak`` is the operator's word."""
    monkeypatch.setattr(Locks, "sufficient", False)
    with pytest.raises(ScriptsOffError):
        run(launcher, "result = 1")
    anyhow = Launcher(tmp_path, "weak")
    weak = run(anyhow, "result = 1")
    anyhow.close()
    assert weak.result == 1
    with pytest.raises(ScriptsOffError, match="switched off"):
        run(Launcher(tmp_path, "off"), "result = 1")


def test_a_worker_is_dead_when_its_run_is_over(launcher: Launcher) -> None:
    """The handle shows it: the process has ended however it liked to go on."""
    with launcher.worker() as worker:
        handle = os.dup(worker.handle)
        frames.send(worker.channel, {**START, "source": "while True:\n    pass"}, frames_until(5))
    watched = select.poll()
    watched.register(handle, select.POLLIN)
    assert watched.poll(5000)
    os.close(handle)


def test_the_zygote_starts_again_after_it_was_killed(launcher: Launcher) -> None:
    assert run(launcher, "result = 1").result == 1
    child = launcher._child
    assert child is not None
    child.kill()
    child.wait()
    assert run(launcher, "result = 2").result == 2


def test_the_zygote_knows_no_environment_and_no_files_of_its_starter(launcher: Launcher) -> None:
    assert run(launcher, "result = 1").result == 1
    child = launcher._child
    assert child is not None
    assert Path(f"/proc/{child.pid}/environ").read_bytes() == b""
    kinds = [os.readlink(each) for each in Path(f"/proc/{child.pid}/fd").iterdir() if each.name != "2"]
    assert [kind for kind in kinds if not kind.startswith(("socket:", "/dev/null", "pipe:"))] == []


def test_a_worker_that_never_comes_is_an_error_not_a_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    ours, theirs = socket.socketpair()
    theirs.close()
    with pytest.raises(OSError, match="gone"):
        Worker(ours)


def test_only_the_locked_process_knows_restricted_python() -> None:
    """The linter of layers says the same; this test needs no configuration."""
    inside = {"policy", "library", "worker", "zygote"}
    for file in (ROOT / "platform").rglob("*.py"):
        if file.parent.name == "scripts" and file.stem in inside:
            continue
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            names = [each.name for each in node.names] if isinstance(node, ast.Import) else []
            if isinstance(node, ast.ImportFrom):
                names = [f"{node.module}.{each.name}" for each in node.names]
            bad = [name for name in names if name.startswith("RestrictedPython")]
            bad += [
                name for name in names if name.startswith("formline.runtime.scripts.") and name.split(".")[3] in inside
            ]
            assert bad == [], file


def test_processes_share_the_zygote_that_their_supervisor_started(tmp_path: Path) -> None:
    """Nobody starts one of their own while it is there; without it they do. A long path does not matter."""
    folder = tmp_path / ("x" * 120)
    with shared_zygote(folder):
        assert (folder / "scripts.sock").stat().st_mode & 0o777 == 0o600
        for _ in range(2):
            launcher = Launcher(folder)
            assert run(launcher, "result = 1").result == 1
            assert launcher._child is None
    launcher = Launcher(folder)
    assert run(launcher, "result = 1").result == 1
    assert launcher._child is not None
    launcher.close()
