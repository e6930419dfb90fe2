"""What a unit must know from outside its transaction: noted as it runs, answered once it is left; then it runs again.

So nothing waits for a process or another party while rows are locked. While a question is open the unit goes on with
"not known yet", which brings up the other questions too; whatever it does or raises meanwhile is thrown away.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Sequence
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from formline.runtime.site import Site

#: How often a unit may come up with further questions; then those without an answer stay without.
ROUNDS: Final = 6
#: Answers what is asked together, outside any transaction, in the same order.
Answerer = Callable[["Site", Sequence[Any]], Sequence[Any]]


class OpenQuestionsError(Exception):  # no failure: the way out of a unit that lacks answers
    """Leaves a unit that has open questions."""


class Questions:
    """The questions of one unit over all its runs, with their answers."""

    def __init__(self) -> None:
        """Start with nothing asked."""
        self._known: dict[Hashable, Any] = {}
        self._open: dict[Hashable, tuple[Answerer, Any]] = {}
        self._rounds = 0

    def ask(self, key: Hashable, answerer: Answerer, matter: Any) -> Any:
        """Return the answer to a question, None while there is none; ``key`` is the same in every run of the unit."""
        if key not in self._known and self._rounds < ROUNDS:
            self._open[key] = (answerer, matter)
        return self._known.get(key)

    def begin(self) -> None:
        """Forget what an earlier run left open: the next one asks again."""
        self._open.clear()

    def leave(self) -> None:
        """Leave the unit if questions are open.

        Raises:
            OpenQuestionsError: some are.
        """
        if self._open:
            raise OpenQuestionsError

    def answer(self, site: Site) -> None:
        """Find the answers to what is open; the caller has left the transaction."""
        groups: dict[Answerer, list[tuple[Hashable, Any]]] = defaultdict(list)
        for key, (answerer, matter) in self._open.items():
            groups[answerer].append((key, matter))
        for answerer, asked in groups.items():
            answers = answerer(site, [matter for _, matter in asked])
            self._known.update(zip((key for key, _ in asked), answers, strict=True))
        self._rounds += 1
        self._open.clear()
