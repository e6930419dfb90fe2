"""Every function of the language, in one registry; words with their own grammar (sum, any) are the checker's."""

from formline.expressions.functions import (  # noqa: F401
    date_functions,
    number_functions,
    place_functions,
    text_functions,
)
from formline.expressions.functions.registry import FUNCTIONS, Function
from formline.expressions.functions.sqlite_functions import register_sqlite_functions

__all__ = ["FUNCTIONS", "Function", "register_sqlite_functions"]
