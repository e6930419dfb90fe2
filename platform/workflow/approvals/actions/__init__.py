"""What participants do, one module per family; each takes a ``Work`` and its event and may raise RefusedError."""
