"""Clients of the API that repeat what was not answered, and people who decide: both outlive the server they ask."""

from __future__ import annotations

import contextlib
import http.client
import json
import threading
import time
from collections.abc import Callable
from pathlib import Path
from uuid import UUID

from sqlalchemy.exc import DBAPIError

from formline.runtime.site import Site
from tests.fixtures.sites import settings_for
from tests.workflow.approvals.voter import vote

#: What a client repeats: the server is away, too busy, or lost its database.
AGAIN = {429, 500, 502, 503, 504}


class Clients:
    """Threads that post lines, each with a key of its own, until told to stop; ``posted``: what was promised.

    At the end each waits for the answer it has not had yet; ``meanwhile`` is called again and again until then.
    """

    def __init__(
        self, port: int, token: str, batch: UUID, meanwhile: Callable[[], None] = lambda: None, count: int = 2
    ) -> None:
        self.posted: dict[str, int] = {}
        self.refused: list[str] = []
        self._port, self._token, self._batch, self._meanwhile = port, token, str(batch), meanwhile
        self._stop, self._given_up = threading.Event(), threading.Event()
        self._threads = [threading.Thread(target=self._post_all, args=(number,)) for number in range(count)]

    def __enter__(self) -> Clients:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, failed: object, *_more: object) -> None:
        self._stop.set()
        if failed is not None:
            self._given_up.set()
        for thread in self._threads:
            while thread.is_alive():
                self._meanwhile()
                thread.join(0.05)

    def _post_all(self, number: int) -> None:
        amount = 0
        while not self._stop.is_set():
            amount += 1
            name = f"p{number}.{amount}"
            if self._post(name, amount):
                self.posted[name] = amount

    def _post(self, name: str, amount: int) -> bool:
        """Post a line again and again with the same key until the server says that it is there; whether it did."""
        body = json.dumps({"name": name, "amount": amount, "batch": self._batch})
        headers = {
            "Authorization": f"Bearer {self._token}",
            "Idempotency-Key": name,
            "Content-Type": "application/json",
        }
        while not self._given_up.is_set():
            with contextlib.suppress(OSError, http.client.HTTPException):
                connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
                with contextlib.closing(connection):
                    connection.request("POST", "/api/v1/line", body, headers)
                    answer = connection.getresponse()
                    text = answer.read().decode()
                if answer.status == 201:
                    return True
                if answer.status not in AGAIN:
                    self.refused.append(f"{answer.status} {text}")
                    return False
            time.sleep(0.02)  # a client asks again after a moment
        return False


def decide_all(url: str, folder: Path, seed: int, keys: list[UUID]) -> None:
    """Let everybody decide on whatever is open, in a process of its own; who loses the database asks again."""
    site = Site.open(settings_for(url, folder))
    while True:
        try:
            vote(site, seed, keys)
            return
        except DBAPIError:
            seed += 1
