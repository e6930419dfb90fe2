"""Going back is going forward to an old catalog: same ids, today's tables, a plan of its own."""

from __future__ import annotations

from formline.catalog.check import check
from formline.runtime.candidates import Candidate
from formline.runtime.migration.plan import Plan, plan
from formline.runtime.releases import site_layer
from formline.runtime.site import Site


def rollback_plan(site: Site, number: int) -> Plan:
    """Return the plan that makes the definitions of release ``number`` live again.

    What was removed since comes back from quarantine with the values it had; what was renamed is recognised by id; what
    was retyped is converted back, and the plan lists what cannot be.

    Raises:
        NotFoundError: there is no such release.
    """
    with site.reading(patient=True) as connection:
        release = site.load(connection, number)
        layer = site_layer(connection, number)
    candidate = Candidate(release.catalog, layer, tuple(check(release.catalog)))
    return plan(site, candidate, back_to=release.physical)
