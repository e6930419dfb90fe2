"""What a query may not ask; unknown, hidden and masked names give one text, so that it tells nothing."""

from __future__ import annotations

from formline.errors import FormlineError


class QueryError(FormlineError):
    """A filter, sort, group or column that the caller must change."""

    code = "query"
    status = 422


def unusable(path: str, use: str) -> QueryError:
    """Return the error for a path that does not exist or that the person may not use for ``use``."""
    return QueryError(
        f'"{path}" cannot be used to {use}.', code="query_path", hint="Check the name and your rights on the field."
    )
