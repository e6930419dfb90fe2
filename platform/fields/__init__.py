"""Field types: one small class per type names all its artefacts; no database access and no web code lives here."""
