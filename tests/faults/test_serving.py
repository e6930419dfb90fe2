"""A whole installation under fire: web processes, worker, script processes, deciders and connections are killed."""

from __future__ import annotations

import contextlib
import itertools
import os
import random
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest

from formline.runtime.tables import delivery
from tests.faults.clients import Clients, decide_all
from tests.faults.killing import Killer, descendants, end_leases, kill, share, terminate_backend, until, watching
from tests.faults.plant import Plant
from tests.fixtures.sites import SECRET
from tests.runtime.migration.processes import context

Victim = tuple[str, Callable[[], bool]]


class Server:
    """``formline serve`` with two web processes, the worker and the zygote of scripts; started again should it end."""

    def __init__(self, url: str, folder: Path) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = int(probe.getsockname()[1])
        self._folder = folder
        self._environment = {
            **os.environ,
            "FORMLINE_DATABASE_URL": url,
            "FORMLINE_DATA_DIR": str(folder),
            "FORMLINE_SECRET_KEY": SECRET,
        }
        self._process = self._started()

    def _started(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "formline.cli", "serve", "--port", str(self.port), "--workers", "2"]
        with (self._folder / "serve.log").open("ab") as log:
            return subprocess.Popen(
                command, env=self._environment, cwd=self._folder, stdout=log, stderr=subprocess.STDOUT
            )

    def again(self) -> None:
        """Start it again if it ended, as its service manager does: after quick deaths the server takes itself down."""
        if self._process.poll() is not None:
            self._process = self._started()

    def processes(self) -> list[tuple[int, str]]:
        """Return its processes with their command lines, itself left out."""
        return descendants(self._process.pid)

    def end(self) -> None:
        """Let it shut down, or kill it."""
        self._process.terminate()
        try:
            self._process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


@contextlib.contextmanager
def served(url: str, folder: Path) -> Iterator[Server]:
    """Yield a server, ended afterwards."""
    server = Server(url, folder)
    try:
        yield server
    finally:
        server.end()


class Deciders:
    """Two processes in which people decide; one that was killed is started again while anything is open."""

    def __init__(self, plant: Plant) -> None:
        self._plant = plant
        self._processes: list[BaseProcess] = []

    def begin(self, url: str, folder: Path) -> None:
        """Begin to decide."""
        self._seeds = itertools.count(1)
        self._arguments = (url, folder)
        self.again()

    def again(self) -> None:
        """Start those again that were killed."""
        self._processes = [process for process in self._processes if process.is_alive()]
        while len(self._processes) < 2 and self._plant.open_approvals():
            arguments = (*self._arguments, next(self._seeds), self._plant.approvals)
            process = context().Process(target=decide_all, args=arguments)
            process.start()
            self._processes.append(process)

    def kills(self) -> list[Callable[[], bool]]:
        """Return how to kill each."""
        return [partial(kill, process.pid) for process in self._processes if process.is_alive() and process.pid]


def kind_of(command: str) -> str:
    """Return what a process of the server is, by its command line; empty for what is not killed."""
    if "formline.runtime.scripts.zygote" in command:
        return "script"
    if "formline.cli worker" in command:
        return "worker"
    # Web processes are forked by the supervisor, or spawned by Python's multiprocessing.
    spawned = "multiprocessing" in command and "tracker" not in command
    return "web" if spawned or "formline.cli serve" in command else ""


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_nothing_is_lost_doubled_or_stuck(database_url: str, tmp_path: Path, database: str) -> None:
    plant = Plant(watching(database_url), tmp_path)
    chance = random.Random(7)  # noqa: S311 - work to do again, no secret
    with served(database_url, tmp_path) as server:
        deciders = Deciders(plant)

        def victims() -> list[Victim]:
            server.again()  # it may have taken itself down since the last kill
            found: list[Victim] = [(kind_of(command), partial(kill, one)) for one, command in server.processes()]
            found += [("decider", one) for one in deciders.kills()]
            if database == "postgresql":
                found.append(("connection", partial(terminate_backend, plant.site, chance)))
            return [(kind, one) for kind, one in found if kind]

        def after(kind: str) -> None:
            if kind == "worker":
                end_leases(plant.site)
            server.again()
            deciders.again()

        with Clients(server.port, plant.token, plant.batches[1], server.again) as clients:
            with until("the start of the server") as waiting:
                while waiting() and not clients.posted:
                    assert not clients.refused
            deciders.begin(database_url, tmp_path)
            killer = Killer(11, victims)
            killer.work(share(0.3), after)
        with until("the work") as waiting:
            while waiting() and not plant.settled():
                server.again()
                deciders.again()
                retry_at_once(plant)
        assert clients.refused == []
        plant.verify(clients.posted)
    print(f"{database}: killed {killer.killed}, {len(clients.posted)} lines posted")
    plant.site.close()


def retry_at_once(plant: Plant) -> None:
    """Do not wait for the pauses before what failed is tried again."""
    past = datetime.now(UTC) - timedelta(seconds=1)
    with plant.site.writing() as connection:
        failed = delivery.c.state == "failed"
        connection.execute(delivery.update().where(failed, delivery.c.run_after > past).values(run_after=past))
