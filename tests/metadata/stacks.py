"""Builds stacks of layers from texts, for tests about layers."""

from __future__ import annotations

from formline.metadata import layers, loader
from formline.metadata.layers import Layer, Merged


def stack(*texts: str) -> Merged:
    """Merge one layer per text, named base, package, site in this order; files are named after their layer."""
    names = ("base", "package", "site")
    return layers.merge(layer(name, text) for name, text in zip(names, texts, strict=False))


def layer(name: str, text: str) -> Layer:
    """Return a layer of the documents in a text."""
    loaded = loader.load_text(text, f"{name}.yaml")
    assert loaded.problems == ()
    return Layer(name, loaded.documents)


def only(merged: Merged) -> layers.Definition:
    """Return the one definition of a stack without problems."""
    assert [str(problem) for problem in merged.problems] == []
    (definition,) = merged.definitions.values()
    return definition
