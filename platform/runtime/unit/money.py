"""Step 4, money: the currency an amount is in, and the amount in the company's currency, frozen when it is written."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from formline.expressions.problems import EvaluationError
from formline.fields.field import Field
from formline.runtime.queries.binds import bind_keys
from formline.runtime.unit.draft import Draft
from formline.runtime.unit.evaluation import over_drafts
from formline.runtime.unit.formulas import fit
from formline.runtime.unit.statements import IDS

if TYPE_CHECKING:
    from formline.runtime.unit.plan import WritePlan
    from formline.runtime.unit.unit import Unit


def fill_base(unit: Unit, plan: WritePlan, drafts: Sequence[Draft]) -> None:
    """Fill ``currency`` and ``base`` of money fields whose amount, currency or rate date changed."""
    for field in plan.money:
        moved = [draft for draft in drafts if _moved(field, draft)]
        if not moved:
            continue
        _fill_currency(unit, plan, field, moved)
        foreign = []
        for draft in moved:
            if draft.record[f"{field.name}.currency"] is None:  # the company's own
                draft.record[f"{field.name}.base"] = draft.record[field.name]
            else:
                foreign.append(draft)
        if foreign:
            _convert(unit, field, foreign)


def _convert(unit: Unit, field: Field, drafts: Sequence[Draft]) -> None:
    """Fill the base amount of amounts in a named currency."""
    companies = company_currencies(unit, drafts)
    homes = [companies.get(draft.record.get("company"), unit.base_currency) for draft in drafts]
    unit.rates.load((d.record[f"{field.name}.currency"], home) for d, home in zip(drafts, homes, strict=True))
    for draft, home in zip(drafts, homes, strict=True):
        _fill_one(unit, field, draft, home)


def _moved(field: Field, draft: Draft) -> bool:
    """Return whether the base amount must be worked out (again)."""
    if draft.record.get(field.name) is None:
        draft.record[f"{field.name}.base"] = None
        return False
    if draft.old is None:
        return True
    watched = [field.name, f"{field.name}.currency", "company", str(field.param("rate_date") or "")]
    source = field.type.currency_source(field)  # type: ignore[attr-defined]  # money fields have it
    watched.append(source[1].split(".")[0] if source else "")
    return any(draft.record.get(key) != draft.old.get(key) for key in watched)


def company_currencies(unit: Unit, drafts: Sequence[Draft]) -> dict[UUID | None, str]:
    """Return the currency of each company of the rows, read once per unit."""
    ids = {draft.record["company"] for draft in drafts if draft.record.get("company") is not None}
    missing = sorted(ids - unit.currencies.keys())
    if missing:
        statement = unit.plan("company").statements.rows("id", "currency")
        for key, currency in unit.connection.execute(statement, bind_keys(IDS, missing, unit.dialect)):
            unit.currencies[key] = currency or unit.base_currency
    return unit.currencies


def _fill_currency(unit: Unit, plan: WritePlan, field: Field, drafts: Sequence[Draft]) -> None:
    """Set the currency where the definition says which it is, and refuse another one that the caller names.

    Where the definition says nothing the caller may name one; null is the company's.
    """
    declared = field.type.currency_source(field)  # type: ignore[attr-defined]  # money fields have it
    if declared is None:
        return
    kind, source = declared
    given: Sequence[Any] = [source] * len(drafts)
    if kind == "path" and "." in source:
        path = plan.release.catalog.compiler.compile(source, object=plan.name)
        given = [values[0] for values in over_drafts(unit, plan, [path], drafts)]
    elif kind == "path":
        given = [draft.record.get(source) for draft in drafts]
    key = f"{field.name}.currency"
    for draft, currency in zip(drafts, given, strict=True):
        named = draft.record.get(key)
        if named not in (None, currency) and (draft.old is None or named != draft.old.get(key)):
            message = f"{field.label} is in {currency or 'the currency of the company'}, not in {named}."
            unit.findings.add(draft, field.name, "other_currency", message)
        draft.record[key] = currency


def _fill_one(unit: Unit, field: Field, draft: Draft, home: str) -> None:
    amount = draft.record[field.name]
    currency = draft.record[f"{field.name}.currency"]
    if currency == home:
        draft.record[f"{field.name}.base"] = amount
        return
    try:
        rate = unit.rates.rate(currency, home, _rate_day(unit, field, draft))
    except EvaluationError as error:
        unit.findings.add(draft, field.name, "no_rate", f"{error.message} {error.hint}")
        return
    draft.record[f"{field.name}.base"] = fit(field, amount * rate)


def _rate_day(unit: Unit, field: Field, draft: Draft) -> date:
    declared = field.param("rate_date")
    value = draft.record.get(declared) if declared else None
    if isinstance(value, datetime):
        return value.astimezone(unit.zone).date()
    return value or unit.today
