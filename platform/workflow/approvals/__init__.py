"""Approvals: who has to agree before something happens to a record, in what order, by what rule.

``engine`` is a pure function over a log of events; it and all it uses (``definition``, ``state``, ``events`` and more)
import no ``runtime``. ``guarding`` makes what is guarded wait; ``shell`` is what people do with it; ``tasks`` is what
pages read; ``previewing`` is the path before submitting; ``timers`` are due times; ``proving`` runs definitions' tests.
"""
