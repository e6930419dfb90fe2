"""``transition``, ``submit``, ``assign``, ``convert``: what the platform does with a record besides writing it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Self

from formline.metadata.names import did_you_mean
from formline.metadata.positions import Path
from formline.runtime.converting.converting import Choice, convert
from formline.runtime.unit import Change
from formline.workflow.actions.checking import check_values
from formline.workflow.actions.people import People, check_selectors, compile_people, people_of
from formline.workflow.actions.places import Place
from formline.workflow.actions.registry import Action, Item, register
from formline.workflow.actions.running import Run, Scope
from formline.workflow.actions.submission import submit
from formline.workflow.actions.values import Value, compile_values, rows_of
from formline.workflow.actions.writing import shown, write
from formline.workflow.assignment.assigning import assign

if TYPE_CHECKING:
    from formline.catalog.checker import Checker


@register
@dataclass(frozen=True, slots=True)
class Transition(Action):
    """Takes a transition of the record, with the values its dialog would ask for."""

    word: ClassVar[str] = "transition"
    keys: ClassVar[frozenset[str]] = frozenset({"values"})
    lasting: ClassVar[bool] = True

    values: Mapping[str, Value]

    @classmethod
    def check(cls, checker: Checker, place: Place, item: Item, path: Path) -> None:
        """A machine of the object has the transition."""
        names = transitions_of(checker, place.object.name)
        if item["transition"] not in names:
            message = f'No machine of {place.object.name} has the transition "{item["transition"]}".'
            hint = did_you_mean(str(item["transition"]), names)
            checker.error("unknown-transition", message, (*path, "transition"), hint)
        check_values(checker, place, place.object, item.get("values") or {}, (*path, "values"))

    @classmethod
    def build(cls, place: Place, item: Item, path: str) -> Self:
        """Compile the values."""
        values = compile_values(place, place.object.fields, item.get("values") or {})
        return cls(path, item, place.condition(item.get("when")), values)

    def run(self, run: Run, scopes: Sequence[Scope], rest: tuple[Item, ...]) -> None:
        """Take it for each record; those with the same values together."""
        name = str(self.item["transition"])
        if not self.values:
            run.unit.transition(run.object, list(dict.fromkeys(scope.key for scope in scopes)), name)
        else:
            rows = rows_of(run, self.values, scopes)
            for scope, row in zip(scopes, rows, strict=True):
                run.unit.transition(run.object, [scope.key], name, row)
        for scope in scopes:
            run.tell(scope, self, name=name)

    def writes(self, place: Place) -> frozenset[tuple[str, str]]:
        """Return the state fields and the values."""
        name = place.object.name
        return frozenset((name, one) for one in (*place.object.state_fields, *self.values))


def transitions_of(checker: Checker, object_name: str) -> list[str]:
    """Return the names of the transitions of an object's machines."""
    found: list[str] = []
    for name in checker.catalog.names("state_machine"):
        data = checker.catalog.source("state_machine", name).data
        if data.get("object") == object_name:
            found += data.get("transitions") or ()
    return found


@register
@dataclass(frozen=True, slots=True)
class Submit(Action):
    """Submits the record to an approval."""

    word: ClassVar[str] = "submit"
    lasting: ClassVar[bool] = True

    @classmethod
    def check(cls, checker: Checker, place: Place, item: Item, path: Path) -> None:
        """The approval exists and is about the object; what it guards can be asked for here."""
        if not checker.known("approval", item["submit"], (*path, "submit")):
            return
        data = checker.catalog.source("approval", item["submit"]).data
        if data.get("object") != place.object.name:
            message = f'"{item["submit"]}" is about {data.get("object")}, not {place.object.name}.'
            checker.error("wrong-object", message, (*path, "submit"), "name an approval of this object")
        elif isinstance(data.get("guards"), Mapping) and "update" in data["guards"]:
            message = f'"{item["submit"]}" guards changes of fields; there is none to submit.'
            checker.error("action-place", message, (*path, "submit"), "set the fields: that submits the change")

    def run(self, run: Run, scopes: Sequence[Scope], rest: tuple[Item, ...]) -> None:
        """Submit each record."""
        for scope in scopes:
            submit(run.unit, str(self.item["submit"]), scope.key)
            run.tell(scope, self, name=str(self.item["submit"]))


@register
@dataclass(frozen=True, slots=True)
class Assign(Action):
    """Gives the record to somebody: by an assignment rule, or the first of some people."""

    word: ClassVar[str] = "assign"
    lasting: ClassVar[bool] = True

    rule: str
    people: People

    @classmethod
    def check(cls, checker: Checker, place: Place, item: Item, path: Path) -> None:
        """Records have owners; the rule is about the object; the people exist."""
        here: Path = (*path, "assign")
        if "owner" not in place.object.fields:
            message = f"Records of {place.object.name} have no owner."
            checker.error("action-place", message, here, "set a field of type user instead")
        chosen = item["assign"]
        if isinstance(chosen, Mapping) and "rule" in chosen:
            if checker.known("assignment_rule", chosen["rule"], (*here, "rule")):
                about = checker.catalog.source("assignment_rule", chosen["rule"]).data.get("object")
                if about != place.object.name:
                    message = f'"{chosen["rule"]}" assigns {about}, not {place.object.name}.'
                    checker.error("wrong-object", message, (*here, "rule"), "name a rule of this object")
        else:
            check_selectors(checker, place, chosen, here)

    @classmethod
    def build(cls, place: Place, item: Item, path: str) -> Self:
        """Compile the people."""
        chosen = item["assign"]
        rule = str(chosen["rule"]) if isinstance(chosen, Mapping) and "rule" in chosen else ""
        people = compile_people(place, None if rule else chosen)
        return cls(path, item, place.condition(item.get("when")), rule, people)

    def run(self, run: Run, scopes: Sequence[Scope], rest: tuple[Item, ...]) -> None:
        """Write the owners, as the platform: the rule decides, not who caused it."""
        if self.rule:
            self._by_rule(run, scopes)
            return
        found = people_of(run, self.people, scopes)
        with run.unit.as_platform():
            chosen = {scope.key: people[0] for scope, people in zip(scopes, found, strict=True) if people}
            write(run, run.object, [Change(key, {"owner": user}) for key, user in chosen.items()])
        for scope, people in zip(scopes, found, strict=True):
            ids = [str(one) for one in people[:1]]
            row = shown(run, {"owner": ids[0]} if ids else {})
            run.tell(scope, self, "done" if people else "nothing", object="user", ids=ids, values=row)

    def _by_rule(self, run: Run, scopes: Sequence[Scope]) -> None:
        rule: Any = run.unit.release.catalog.get("assignment_rule", self.rule)
        done = {one.record_id: one for one in assign(run.unit, rule, [scope.key for scope in scopes])}
        for scope in scopes:
            outcome = done.get(scope.key)
            ids = [str(outcome.user)] if outcome is not None and outcome.user is not None else []
            assigned = outcome is not None and outcome.assigned
            run.tell(scope, self, "done" if assigned else "nothing", name=self.rule, object="user", ids=ids)

    def writes(self, place: Place) -> frozenset[tuple[str, str]]:
        """Return the owner."""
        return frozenset({(place.object.name, "owner")})


@register
@dataclass(frozen=True, slots=True)
class Convert(Action):
    """Runs a conversion of the record."""

    word: ClassVar[str] = "convert"
    lasting: ClassVar[bool] = True

    @classmethod
    def check(cls, checker: Checker, place: Place, item: Item, path: Path) -> None:
        """The conversion exists and starts from the object."""
        if checker.known("conversion", item["convert"], (*path, "convert")):
            source = checker.catalog.source("conversion", item["convert"]).data.get("from")
            if source != place.object.name:
                message = f'"{item["convert"]}" converts {source}, not {place.object.name}.'
                checker.error("wrong-object", message, (*path, "convert"), "name a conversion of this object")

    def run(self, run: Run, scopes: Sequence[Scope], rest: tuple[Item, ...]) -> None:
        """Convert each record; parts that a person would choose are made."""
        conversion: Any = run.unit.release.catalog.get("conversion", str(self.item["convert"]))
        for scope in scopes:
            for made in convert(run.unit, conversion, scope.key, Choice({}, frozenset(), {})):
                run.tell(scope, self, name=conversion.name, object=made.object, ids=[str(made.id)])

    def writes(self, place: Place) -> frozenset[tuple[str, str]]:
        """Return what comes into being."""
        data = place.catalog.source("conversion", str(self.item["convert"])).data
        return frozenset((str(name), "") for name in data.get("create") or ())
