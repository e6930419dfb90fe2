"""State machines as diagrams: coordinates of boxes and arrows, computed here and drawn as SVG by a template."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from formline.catalog.machines import StateMachine
from formline.web.records.cells import TONES
from formline.web.visit import Visit

BOX_WIDTH, BOX_HEIGHT = 132, 40
GAP_X, GAP_Y = 104, 44
MARGIN = 24
HEAD_ROOM = 22


@dataclass(frozen=True, slots=True)
class Node:
    """A state's box; ``x`` and ``y`` are its upper left corner."""

    name: str
    label: str
    tone: str
    x: int
    y: int
    current: bool
    final: bool


@dataclass(frozen=True, slots=True)
class Edge:
    """A transition's arrow as an SVG path, and where its label stands; ``back`` leads to an earlier state."""

    label: str
    path: str
    x: int
    y: int
    back: bool


@dataclass(frozen=True, slots=True)
class Diagram:
    """A whole drawing in pixels."""

    width: int
    height: int
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    current: str
    box_width: int = BOX_WIDTH
    box_height: int = BOX_HEIGHT


def layers_of(machine: StateMachine) -> dict[str, int]:
    """Return each state's distance from the initial one; final states are in the last layer.

    Ways back do not count, so a machine with a loop still reads from left to right.
    """
    order = list(machine.states)
    layers = {machine.initial: 0}
    waiting = [machine.initial]
    while waiting:
        state = waiting.pop(0)
        for way in machine.from_state(state):
            forward = order.index(way.to) > order.index(state)
            if forward and layers.get(way.to, -1) < layers[state] + 1:
                layers[way.to] = layers[state] + 1
                waiting.append(way.to)
    last = max(layers.values())
    for name in order:
        if machine.states[name].final:
            last = max(last, max((layers[n] for n in layers if not machine.states[n].final), default=0) + 1)
    return {name: last if machine.states[name].final else layers.get(name, 0) for name in order}


def draw(visit: Visit, machine: StateMachine, current: str) -> Diagram:
    """Return the drawing of a machine with the present state marked."""
    columns: dict[int, list[str]] = defaultdict(list)
    layers = layers_of(machine)
    for name, layer in layers.items():
        columns[layer].append(name)
    tallest = max(len(names) for names in columns.values())
    longest = max(
        (abs(layers[way.to] - layers[s]) for way in machine.transitions.values() for s in way.from_), default=1
    )
    height = tallest * (BOX_HEIGHT + GAP_Y) - GAP_Y + 2 * (MARGIN + HEAD_ROOM + 10 * longest)
    nodes: dict[str, Node] = {}
    for position, layer in enumerate(sorted(columns)):
        names = columns[layer]
        top = (height - (len(names) * (BOX_HEIGHT + GAP_Y) - GAP_Y)) // 2
        for row, name in enumerate(names):
            state = machine.states[name]
            nodes[name] = Node(
                name,
                visit.labels.state(machine, name),
                state.color if state.color in TONES else "grey",
                MARGIN + position * (BOX_WIDTH + GAP_X),
                top + row * (BOX_HEIGHT + GAP_Y),
                name == current,
                state.final,
            )
    width = len(columns) * (BOX_WIDTH + GAP_X) - GAP_X + 2 * MARGIN
    edges = tuple(
        _edge(visit.labels.transition(machine, way), nodes[start], nodes[way.to], layers[way.to] - layers[start])
        for way in machine.transitions.values()
        for start in way.from_
        if start in nodes
    )
    label = nodes[current].label if current in nodes else ""
    return Diagram(width, height, tuple(nodes.values()), edges, label)


def _edge(label: str, start: Node, end: Node, distance: int) -> Edge:
    """Return an arrow: straight to the next layer; a bow over or under what lies between; ways back are dashed."""
    if distance == 1:
        return _straight(label, start, end)
    above = distance > 0 and end.y <= start.y
    lift = 16 + 13 * abs(distance)
    # Ways there and back between two boxes leave room for one another.
    shift = 12 if distance > 0 else -12
    x1, x2 = start.x + BOX_WIDTH // 2 + shift, end.x + BOX_WIDTH // 2 - shift
    y1, y2 = (start.y, end.y - 2) if above else (start.y + BOX_HEIGHT, end.y + BOX_HEIGHT + 2)
    y = min(y1, y2) - lift if above else max(y1, y2) + lift
    peak = (y1 + y2) // 8 + (3 * y) // 4
    path = f"M{x1} {y1}C{x1} {y} {x2} {y} {x2} {y2}"
    return Edge(label, path, (x1 + x2) // 2, peak - 5 if above else peak + 13, distance < 0)


def _straight(label: str, start: Node, end: Node) -> Edge:
    x1, x2 = start.x + BOX_WIDTH, end.x - 2
    y1, y2 = start.y + BOX_HEIGHT // 2, end.y + BOX_HEIGHT // 2
    bend = (x1 + x2) // 2
    return Edge(label, f"M{x1} {y1}C{bend} {y1} {bend} {y2} {x2} {y2}", bend, (y1 + y2) // 2 - 7, False)
