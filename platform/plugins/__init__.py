"""Plug-ins of the operator: what they may hook into and how they are loaded; the shipped ones live in ``plugins/``."""
