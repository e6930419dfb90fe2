"""One process that carries out what clocks have due, again and again until it is stopped; says when it begins."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path

from formline.runtime.site import Site
from formline.runtime.unit.retry import BusyError
from formline.workflow.sla.firing import fire_due
from tests.fixtures.sites import settings_for

if __name__ == "__main__":
    url, folder, at = sys.argv[1:]
    opened = Site.open(settings_for(url, Path(folder)))
    print("ready", flush=True)
    done = False
    while not done:
        try:
            done = fire_due(opened, datetime.fromisoformat(at)) == 0
        except BusyError:
            done = False
    opened.close()
