"""An approval as frozen data: its blocks, rules of decision and policies. Conditions are kept as written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from typing import Any, Literal

Selectors = tuple[Mapping[str, Any], ...]
#: What a participant may do besides approving and rejecting, where the step says nothing.
USUAL_ACTIONS = frozenset({"return", "transfer", "consult", "add", "remove", "cc", "undo"})
ACTIONS = USUAL_ACTIONS | {"abstain", "batch"}
SUBMITTER = "submitter"


@dataclass(frozen=True, slots=True)
class Decision:
    """When a step passes. ``count`` belongs to ``at_least``; ``share`` (exact), ``quorum``, ``close`` to ``vote``."""

    kind: Literal["any", "all", "in_order", "at_least", "vote"] = "any"
    count: int = 1
    share: Fraction = Fraction(1, 2)
    quorum: int = 0
    close: Literal["when_certain", "when_all_voted"] = "when_certain"


@dataclass(frozen=True, slots=True)
class OnDue:
    """What happens when nobody answered in time; ``times`` how often it is repeated, ``to`` who takes over."""

    action: Literal["remind", "approve", "reject", "transfer", "escalate"] = "remind"
    times: int = 1
    to: Selectors = ()


@dataclass(frozen=True, slots=True)
class Block:
    """A named part of the flow; where ``when`` is given and does not hold, it is skipped; ``because`` words it."""

    name: str
    label: str
    when: str | None = None
    was: tuple[str, ...] = ()
    because: str = ""


@dataclass(frozen=True, slots=True)
class Approve(Block):
    """People decide. ``when_empty`` and ``when_submitter``: a policy's word, or selectors."""

    approvers: Selectors = ()
    decision: Decision = Decision()
    due_in: str | None = None
    on_due: OnDue = OnDue()
    when_empty: str | Selectors = "administrator"
    when_submitter: str = "manager"
    same_person: str = "ask_once"
    editable: tuple[str, ...] = ()
    show: tuple[str, ...] = ()
    opinion: str = "optional"
    signature: bool = False
    return_to: tuple[str, ...] = (SUBMITTER,)
    after_return: Literal["rerun", "jump_back"] = "rerun"
    on_reject: Literal["end", "return", "continue"] = "end"
    may: frozenset[str] = USUAL_ACTIONS
    candidates: Selectors = ()
    different_from: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Cc(Block):
    """People are told and may read while the instance exists."""

    to: Selectors = ()


@dataclass(frozen=True, slots=True)
class Branch:
    """Steps of a branch or case; ``when`` decides whether it is taken."""

    name: str
    steps: tuple[Block, ...]
    when: str | None = None
    label: str = ""
    because: str = ""


@dataclass(frozen=True, slots=True)
class Parallel(Block):
    """All branches at once; it ends when every branch has."""

    branches: Mapping[str, Branch] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Inclusive(Block):
    """Every branch whose condition holds; none holds: ``else``."""

    branches: Mapping[str, Branch] = field(default_factory=dict)
    otherwise: tuple[Block, ...] = ()


@dataclass(frozen=True, slots=True)
class Choose(Block):
    """The first case whose condition holds; none holds: ``else``."""

    cases: Mapping[str, Branch] = field(default_factory=dict)
    otherwise: tuple[Block, ...] = ()


@dataclass(frozen=True, slots=True)
class ForEach(Block):
    """One branch per item of ``over``, named by the item's number."""

    over: Any = None
    steps: tuple[Block, ...] = ()


@dataclass(frozen=True, slots=True)
class Subprocess(Block):
    """Another approval on the same record; ``wait``: the flow goes on when it has ended."""

    approval: str = ""
    wait: bool = True


@dataclass(frozen=True, slots=True)
class Do(Block):
    """Actions, in the transaction of the decision that led here."""

    actions: tuple[Mapping[str, Any], ...] = ()


ELSE = "else"


def inner(block: Block) -> Iterator[tuple[str, tuple[Block, ...]]]:
    """Yield (name of the branch, its steps) of a block, every possible branch; ``*`` stands for each item."""
    match block:
        case Parallel():
            yield from ((one.name, one.steps) for one in block.branches.values())
        case Inclusive():
            yield from ((one.name, one.steps) for one in block.branches.values())
            yield ELSE, block.otherwise
        case Choose():
            yield from ((one.name, one.steps) for one in block.cases.values())
            yield ELSE, block.otherwise
        case ForEach():
            yield "*", block.steps


def walk(blocks: tuple[Block, ...], place: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Block]]:
    """Yield (place, block) in the order of the file; a place alternates steps and branches."""
    for block in blocks:
        here = (*place, block.name)
        yield here, block
        for branch, steps in inner(block):
            yield from walk(steps, (*here, branch))


@dataclass(frozen=True, slots=True)
class Guard:
    """What waits for the approval: ``create``, ``delete``, ``update`` of ``fields``, or the transition ``name``.

    ``subprocess`` guards nothing: such an approval runs only as a part of others.
    """

    event: Literal["create", "delete", "update", "transition", "subprocess"]
    name: str = ""
    fields: tuple[str, ...] = ()


@dataclass(frozen=True)
class Approval:
    """A whole approval of ``object``. ``data`` is the definition as merged, ``outcomes`` actions by outcome."""

    name: str
    label: str
    object: str
    guard: Guard
    steps: tuple[Block, ...]
    when: str | None = None
    order: int = 100
    requires: tuple[str, ...] = ()
    lock: Literal["record", "fields"] = "record"
    editable: tuple[str, ...] = ()
    apply: Literal["when_approved", "immediately"] = "when_approved"
    withdraw: Literal["while_running", "before_decision", "never"] = "while_running"
    administrators: Selectors = ()
    urge_minutes: int = 15
    outcomes: Mapping[str, tuple[Mapping[str, Any], ...]] = field(default_factory=dict)
    #: Fields that each block's conditions and selectors read or that it shows, by the block's name.
    reads: Mapping[str, frozenset[str]] = field(default_factory=dict)
    data: Mapping[str, Any] = field(default_factory=dict)

    @cached_property
    def blocks(self) -> Mapping[str, Block]:
        """Every block by name."""
        return {block.name: block for _, block in walk(self.steps)}

    @cached_property
    def places(self) -> Mapping[str, tuple[str, ...]]:
        """Where each block stands, by name."""
        return {block.name: place for place, block in walk(self.steps)}

    @cached_property
    def order_of(self) -> Mapping[str, int]:
        """The number of each block in the order of the file."""
        return {name: number for number, name in enumerate(self.blocks)}
