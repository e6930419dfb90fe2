"""Every expression of the worked examples of the definition language compiles, and means what its text says."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pytest

from formline.expressions.compiler import ROOTS, compile_expression
from formline.expressions.scope import Member
from formline.expressions.types import (
    BOOLEAN,
    DATE,
    DATETIME,
    INTEGER,
    MONEY,
    MULTI_CHOICE,
    NUMBER,
    TEXT,
    Kind,
    Type,
    ref,
    refs,
)

CHOICE = Type(Kind.CHOICE)
FIELDS: dict[str, dict[str, Type]] = {
    "user": {"name": TEXT, "company": ref("company"), "department": ref("department"), "regions": refs("region"),
             "product_lines": MULTI_CHOICE, "approval_limit": MONEY, "manager": ref("user")},
    "company": {"code": TEXT, "currency": CHOICE},
    "department": {"code": TEXT, "head": ref("user")},
    "region": {"name": TEXT, "parent": ref("region")},
    "customer": {"name": TEXT, "level": CHOICE, "region": ref("region"), "product_line": CHOICE, "owner": ref("user"),
                 "last_follow_up_at": DATETIME, "last_order_on": DATE, "won_count": INTEGER, "blocked": BOOLEAN,
                 "rfm_segment": CHOICE, "credit_limit": MONEY, "key_account_manager": ref("user"), "code": TEXT},
    "opportunity": {"amount": MONEY, "probability": NUMBER, "stage": CHOICE, "owner": ref("user"),
                 "customer": ref("customer"),
                    "scorecard": ref("scorecard"), "region": CHOICE, "record_type": CHOICE},
    "scorecard": {"total": NUMBER},
    "stakeholder": {"opportunity": ref("opportunity"), "role": CHOICE},
    "contract": {"amount": MONEY, "discount": NUMBER, "state": CHOICE, "company": ref("company"),
                 "region": ref("region"),
                 "customer": ref("customer"), "signed_on": DATE, "owner": ref("user"), "record_type": CHOICE,
                 "approval_status": CHOICE},
    "quote": {"date": DATE, "customer": ref("customer"), "currency": CHOICE, "amount": MONEY, "approved": BOOLEAN,
              "total": MONEY},
    "quote_line": {"quote": ref("quote"), "product": ref("product"), "quantity": NUMBER, "amount": MONEY,
                   "discount": NUMBER, "unit_price": MONEY},
    "product": {"manager": ref("user"), "name": TEXT},
    "price_entry": {"product": ref("product"), "book": ref("book"), "min_quantity": NUMBER, "valid_from": DATE,
                    "valid_to": DATE, "price": MONEY, "is_contract_price": BOOLEAN},
    "book": {"level": CHOICE},
    "authority_row": {"region": ref("region"), "product_line": CHOICE, "limit": MONEY, "approver": ref("user")},
    "bid": {"region": ref("region"), "product_line": CHOICE, "amount": MONEY},
    "expense": {"amount": MONEY},
    "order": {"payment": CHOICE, "shipping": CHOICE, "state": CHOICE, "customer": ref("customer"), "date": DATE},
    "order_line": {"order": ref("order"), "product": ref("product"), "hospital": ref("customer"),
                 "open_quantity": NUMBER},
    "authorisation": {"dealer": ref("customer"), "product": ref("product"), "hospital": ref("customer"),
                      "valid_from": DATE, "valid_to": DATE},
    "instalment": {"milestone": ref("milestone"), "term_days": INTEGER},
    "milestone": {"done_on": DATE},
    "receipt": {"allocated": MONEY, "amount": MONEY},
    "sales_target": {"person": ref("user"), "month": DATE, "revenue": MONEY, "region": ref("region"),
                 "amount": MONEY},
    "kpi_person": {"person": ref("user"), "period": DATE},
    "allocation": {"amount": MONEY},
    "team_member": {"user": ref("user"), "share": NUMBER},
    "stop": {"customer": ref("customer"), "weekday": INTEGER},
    "route": {"owner": ref("user")},
    "case": {"state": CHOICE, "priority": CHOICE, "customer": ref("customer")},
    "service_level": {"priority": CHOICE, "level": CHOICE, "resolve_within": NUMBER},
    "territory": {"region": ref("region"), "owner": ref("user"), "valid_from": DATE, "valid_to": DATE},
    "enrolment": {"student": ref("contact"), "class": ref("class"), "state": CHOICE},
    "contact": {"kind": CHOICE, "campus": CHOICE},
    "class": {"campus": CHOICE},
    "member": {"balance": INTEGER},
    "promotion": {"start": DATE, "end": DATE},
    "subscription": {"auto_renew": BOOLEAN},
    "lead": {"owner": ref("user"), "amount": MONEY, "region": ref("region")},
}  # fmt: skip
REVERSES = {
    ("opportunity", "stakeholders"): ("stakeholder", "opportunity"),
    ("quote", "lines"): ("quote_line", "quote"),
}


class Shipped:
    """The names the worked examples use."""

    input: Mapping[str, Type] = {"count": INTEGER, "first_due": DATE}

    def field(self, object: str, name: str) -> Member | None:
        """Return the member."""
        if (object, name) in REVERSES:
            child, lookup = REVERSES[object, name]
            return Member(name, refs(child), (child,), (child, lookup), stored=False)
        type_ = ref(object) if name == "id" and object in FIELDS else FIELDS.get(object, {}).get(name)
        return Member(name, type_, type_.objects) if type_ else None

    def names(self, object: str) -> Iterable[str]:
        """Return all names."""
        return FIELDS[object]

    def setting(self, name: str) -> tuple[Type, Any] | None:
        """Return the only setting."""
        return (NUMBER, 500000) if name == "large_contract" else None

    def natural_key(self, object: str) -> str | None:
        """Return the code, where there is one."""
        return "code" if "code" in FIELDS[object] else None


PEOPLE = ROOTS | {"candidate", "submitter", "item", "input"}
CONDITIONS: list[tuple[str, str]] = [
    ("contract", 'state == "signed" and not has_role(user, "contract_clerk")'),
    ("order", 'payment == "paid" and shipping == "shipped"'),
    ("expense", "candidate.approval_limit >= amount"),
    ("contract", "candidate.company == company and region in candidate.regions"),
    ("contract", 'company.code == "SZ"'),
    ("quote", 'convert(amount, "CNY") < 500000 or approved'),
    ("customer", 'candidate.department == "sales_east"'),
    ("customer", 'level != "A"'),
    ("customer", "won_count > 0"),
    ("customer", "within(region, user.regions) and product_line in user.product_lines"),
    ("receipt", "allocated <= amount"),
    ("case", 'state in ["solved", "closed"]'),
    ("order_line", "open_quantity > 0"),
    ("contract", 'approval_status != "approved"'),
    ("opportunity", "scorecard.total >= 70"),
    ("opportunity", 'any(stakeholders, role == "decision_maker")'),
    ("member", "balance >= 0"),
    ("enrolment", 'state != "cancelled"'),
    ("promotion", "start and end"),
    ("promotion", "end >= start"),
    ("subscription", "auto_renew"),
    ("contract", "signed_on >= start_of_year()"),
    ("quote", "date >= today() - days(90)"),
    ("customer", 'rfm_segment == "at_risk" and last_order_on < today() - days(90)'),
    ("lead", "owner == null"),
    ("opportunity", 'region == "east" and record_type == "project"'),
    ("customer", "blocked"),
    ("lead", "amount > 1000000"),
    ("contract", "amount >= setting.large_contract or discount > 20"),
]
VALUES: list[tuple[str, str, Type]] = [
    ("opportunity", "amount * probability / 100", MONEY),
    ("instalment", "add_days(milestone.done_on, term_days)", DATE),
    ("quote", "add_months(input.first_due, index)", DATE),
    ("quote", "currency", CHOICE),
    ("quote", "distinct(lines.product.manager)", refs("user")),
    ("allocation", "tiers(amount, 0, 2, 1000000, 3, 3000000, 5) * member.share / 100", MONEY),
    ("allocation", "this", ref("allocation")),
    ("route", "add_days(today(), stop.weekday)", DATE),
    ("customer", 'before(name, " ")', TEXT),
    ("receipt", "amount - allocated", NUMBER),
]
WHERES: list[tuple[str, str, str]] = [
    ("quote", "quote_line", "product.manager == item"),
    ("contact", "enrolment", 'student.kind == "student"'),
    ("enrolment", "class", "campus == this.student.campus"),
    ("customer", "territory", "within(this.region, region) and between(today(), valid_from, valid_to)"),
]
FINDS: list[tuple[str, dict[str, Any]]] = [
    ("bid", {"find": "authority_row",
             "where": "region == this.region and product_line == this.product_line and limit >= this.amount",
             "sort": ["limit"], "value": "approver"}),
    ("quote_line", {"find": "price_entry",
                    "where": "product == this.product and book.level == this.quote.customer.level"
                    " and min_quantity <= this.quantity and between(this.quote.date, valid_from, valid_to)",
                    "sort": ["-is_contract_price", "-min_quantity"], "value": "price"}),
    ("kpi_person", {"find": "sales_target", "where": "person == this.person and month == this.period",
                    "value": "revenue"}),
    ("case", {"find": "service_level", "where": "priority == this.priority and level == this.customer.level",
              "value": "resolve_within"}),
    ("order_line", {"exists": "authorisation",
                    "where": "dealer == this.order.customer and product == this.product and hospital == this.hospital"
                    " and between(this.order.date, valid_from, valid_to)"}),
    ("contract", {"find": "sales_target", "where": "region == this.region and month == this.signed_on",
                  "value": "sum(amount)"}),
    ("lead", {"find": "territory", "where": "region == this.region", "value": "owner"}),
    ("route", {"find": "customer", "where": "credit_limit > 0"}),
]  # fmt: skip


@pytest.mark.parametrize(("object", "source"), CONDITIONS, ids=[source for _, source in CONDITIONS])
def test_conditions(object: str, source: str) -> None:
    assert compile_expression(source, Shipped(), object=object, roots=PEOPLE, expects=BOOLEAN).type == BOOLEAN


@pytest.mark.parametrize(("object", "source", "type_"), VALUES, ids=[source for _, source, _ in VALUES])
def test_values(object: str, source: str, type_: Type) -> None:
    variables = {"index": INTEGER, "member": ref("team_member"), "stop": ref("stop")}
    compiled = compile_expression(source, Shipped(), object=object, roots=PEOPLE, expects=type_, variables=variables)
    assert compiled.type.many == type_.many


@pytest.mark.parametrize(("object", "rows", "source"), WHERES, ids=[source for *_, source in WHERES])
def test_conditions_on_other_rows(object: str, rows: str, source: str) -> None:
    compiled = compile_expression(
        source, Shipped(), object=object, where_of=rows, variables={"item": ref("user")}, expects=BOOLEAN
    )
    assert any(path[0] == f"@{rows}" for path in compiled.dependencies)


@pytest.mark.parametrize(("object", "spec"), FINDS, ids=[str(spec)[:60] for _, spec in FINDS])
def test_finds(object: str, spec: dict[str, Any]) -> None:
    compiled = compile_expression(spec, Shipped(), object=object)
    assert (f"@{spec.get('find', spec.get('exists'))}",) in compiled.dependencies
