"""Codes of expressions, each with an example over a deal (amount, stage, name, lines ...). Descriptions only."""

from __future__ import annotations

from formline.metadata.codes import CodeDoc, register


def _code(code: str, title: str, why: str, wrong: str, right: str) -> CodeDoc:
    return CodeDoc(code, title, why, wrong, right, file="an expression", group="expressions")


_LONG = " or ".join(f'name == "customer number {number}"' for number in range(130))
_DEEP = "(" * 60 + "amount" + ")" * 60

register(
    _code(
        "EXPR-EMPTY",
        "There is nothing to evaluate.",
        "An expression is at least a field or a value.",
        "  ",
        "amount",
    ),
    _code(
        "EXPR-SYNTAX",
        "The text cannot be read as an expression.",
        "Conditions use ==, and, or, not, in; there are no statements, and only functions of the language are called.",
        'stage = "won"',
        'stage == "won"',
    ),
    _code(
        "EXPR-LONG",
        "The expression has more than 4 KB.",
        "Somebody has to understand it; a formula field can hold a part of it.",
        _LONG,
        'starts_with(name, "customer number ")',
    ),
    _code(
        "EXPR-DEEP",
        "The expression nests more than 50 levels deep.",
        "Long chains are levels too: use sum, concat or `in [...]`.",
        _DEEP,
        "amount",
    ),
    _code(
        "EXPR-NUMBER",
        "A number is not written as this language writes numbers, or cannot be kept.",
        "Numbers are digits with a point, at most 6 decimal places, below 1,000,000,000,000.",
        "amount > 1e6",
        "amount > 1000000",
    ),
    _code(
        "EXPR-TEXT",
        "A text holds a character that no database keeps.",
        "NUL and halves of characters are refused.",
        "name == 'a\\0'",
        "name == 'a'",
    ),
    _code(
        "EXPR-NAME",
        "There is no field of this name.",
        "Bare names are fields of the record, in a `where` fields of the rows it is about. Texts stand in quotes.",
        "amuont > 100",
        "amount > 100",
    ),
    _code(
        "EXPR-ROOT",
        "This word means something in other places only.",
        "candidate is the person a selector tests, input what a button asks for, item what a for_each is at.",
        "candidate.name == name",
        "user.name == name",
    ),
    _code(
        "EXPR-SETTING",
        "No package has this setting.",
        "Settings are declared in `settings` of a package and read as setting.name.",
        "amount > setting.larg_deal",
        "amount > setting.large_deal",
    ),
    _code(
        "EXPR-PATH",
        "The path cannot go on here.",
        "Only a lookup to one object leads on to the fields of its target.",
        'name.level == "A"',
        'customer.level == "A"',
    ),
    _code(
        "EXPR-MANY",
        "The path leads to many values where one is wanted.",
        "Say which: sum, count, min, max, any, all, first, last, list or distinct.",
        "lines.amount > 100",
        "sum(lines.amount) > 100",
    ),
    _code(
        "EXPR-ONE",
        "An aggregate was given one value, or no value of each row.",
        "Aggregates are about the rows of the other side of a lookup.",
        "sum(amount)",
        "sum(lines.amount)",
    ),
    _code(
        "EXPR-FUNCTION",
        "There is no function of this name.",
        "The reference lists all functions.",
        "uper(name)",
        "upper(name)",
    ),
    _code(
        "EXPR-COUNT",
        "The function takes fewer or more arguments.",
        "Only some last arguments may be left out.",
        "contains(name)",
        'contains(name, "Ltd")',
    ),
    _code(
        "EXPR-LITERAL",
        "This argument must be written out, and be possible.",
        "It decides how the expression is compiled, so it cannot depend on the record.",
        "round(amount, 9)",
        "round(amount, 2)",
    ),
    _code(
        "EXPR-TYPE",
        "Values of these types do not go together.",
        "Nothing is converted silently: text(), number(), date_of(), days() say what is meant.",
        "close_date + 30",
        "close_date + days(30)",
    ),
    _code(
        "EXPR-CHOICE",
        "The text is none of the choices.",
        "The comparison could never hold.",
        'stage == "wno"',
        'stage == "won"',
    ),
    _code(
        "EXPR-CHANGED",
        "changed() was not given a field of the record itself.",
        "Only the record that is being saved has old values.",
        "changed(customer.level)",
        "changed(stage)",
    ),
    _code(
        "EXPR-VOLATILE",
        "A stored value uses today(), now() or user.",
        "It would be wrong tomorrow, or for the next reader. Values calculated when they are read may use them.",
        "close_date < today()",
        "close_date < date(2026, 12, 31)",
    ),
    _code(
        "EXPR-FIND",
        "The find is not complete or says too much.",
        "A find has find or exists, and where; with find also sort and value.",
        "{find: deal, when: amount > 100}",
        "{find: deal, where: amount > 100}",
    ),
    _code(
        "EXPR-OBJECT",
        "The find looks into an object that does not exist.",
        "find and exists name an object.",
        "{exists: dael, where: amount > 100}",
        "{exists: deal, where: amount > 100}",
    ),
    _code(
        "EXPR-TOO-LARGE",
        "A number in the calculation reaches 1,000,000,000,000.",
        "It is an error at save, never null, so that no condition lets it through. In lists it is empty.",
        "amount * 999999999999 > 1",
        "amount > 1",
    ),
    _code(
        "EXPR-TOO-LONG",
        "A text in the calculation has more than 100,000 characters.",
        "replace and concat can make a text grow; it is an error when the record is saved.",
        f'replace(name, "a", "{"a" * 2000}")',
        'replace(name, "a", "b")',
    ),
    _code(
        "EXPR-SQL",
        "The database cannot show this in a column.",
        "distinct(...) gives several values: people selectors and for_each take them, lists and filters do not.",
        "distinct(lines.product)",
        "count(distinct(lines.product))",
    ),
    _code(
        "EXPR-BROWSER",
        "Only the server can evaluate this.",
        "Rates, trees and finds are not sent to the browser; forms ask the server instead.",
        'convert(price, "EUR") > 100',
        "price > 100",
    ),
)
