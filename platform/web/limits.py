"""Rate limits shared by all processes: fixed windows counted in the platform's ``rate`` table.

What happens rarely (signing in, resets) is counted one by one. What happens often (API, search, pickers) is counted in
blocks: a process notes a whole block in the table, then lets that many requests pass without writing. So a limit may
refuse a little early where several processes share it, never late.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, ip_address, ip_network
from weakref import WeakKeyDictionary

from flask import request
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection

from formline.errors import FormlineError
from formline.runtime.site import Site
from formline.runtime.tables import rate
from formline.web.i18n import gettext as _
from formline.web.visit import site

#: Keys a process remembers per site before it forgets those of past windows.
MOST_KEYS = 10_000


class TooManyAttemptsError(FormlineError):
    """More attempts than a limit allows in its window; ``retry_after`` is in seconds."""

    code = "too_many_attempts"
    status = 429

    def __init__(self, message: str, *, hint: str = "", retry_after: int = 60) -> None:
        """Keep when the window ends."""
        super().__init__(message, hint=hint)
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class Limit:
    """At most ``count`` attempts in ``seconds``, counted per key, noted ``block`` at a time."""

    name: str
    count: int
    seconds: int
    block: int = 1


SIGN_IN_BY_ADDRESS = Limit("sign-in/address", 60, 900)
#: Wrong passwords for one name from one place.
SIGN_IN = Limit("sign-in/login+address", 10, 900)
#: Attempts for one name from all places where nobody signed in with it before: slower, and never for those who did.
SIGN_IN_BY_LOGIN = Limit("sign-in/login", 60, 3600)
SECOND_FACTOR = Limit("second-factor", 10, 900)
RESET_BY_ADDRESS = Limit("reset/address", 20, 3600)
RESET_BY_LOGIN = Limit("reset/login", 3, 3600)
SMS_BY_ADDRESS = Limit("sms/address", 30, 3600)
SMS_BY_NUMBER = Limit("sms/number", 5, 3600)
SETUP = Limit("setup", 10, 900)
PASSWORD = Limit("password", 10, 900)
API_BY_ACCOUNT = Limit("api/account", 3_000, 60, 50)
API_BY_ADDRESS = Limit("api/address", 6_000, 60, 100)
#: Requests whose token is not known: guessing.
API_REFUSED = Limit("api/refused", 60, 60)
SEARCH = Limit("search", 120, 60, 10)
PICK = Limit("pick", 300, 60, 20)
DUPLICATES = Limit("duplicates", 120, 60, 10)
EXPORT = Limit("export", 30, 3600)
#: Messages of one integration, and from one address; then what knows neither path nor secret.
HOOK = Limit("hook", 1_200, 60, 20)
HOOK_BY_ADDRESS = Limit("hook/address", 2_400, 60, 40)
HOOK_REFUSED = Limit("hook/refused", 60, 60)
#: Web forms opened from one address.
WEB_FORM_PAGE = Limit("web-form/page", 600, 600, 20)
#: Submissions of web forms from one address, and of one form from all of them.
WEB_FORM = Limit("web-form", 20, 600)
WEB_FORM_OF_ALL = Limit("web-form/all", 600, 600)
#: Pages opened by links of people outside, links that open nothing, and orders by one link.
PUBLIC_LINK = Limit("public-link", 600, 600, 20)
PUBLIC_LINK_REFUSED = Limit("public-link/refused", 30, 600)
PUBLIC_ORDER = Limit("public-link/order", 20, 600)
#: Pictures and documents each cost a process of their own.
UPLOAD = Limit("upload", 300, 600, 10)
PRINT = Limit("print", 100, 600, 5)


def hit(connection: Connection, limit: Limit, key: str, *, times: int = 1, now: float | None = None) -> int:
    """Count ``times`` attempts and return how many there were in the window; the caller commits."""
    window = int((time.time() if now is None else now) // limit.seconds)
    dialect = postgresql if connection.dialect.name == "postgresql" else sqlite
    statement = (
        dialect.insert(rate)
        .values(name=f"{limit.name}:{key}", window=window, count=times)
        .on_conflict_do_update(index_elements=[rate.c.name, rate.c.window], set_={"count": rate.c.count + times})
        .returning(rate.c.count)
    )
    return int(connection.execute(statement).scalar_one())


@dataclass(slots=True)
class _Block:
    """What a process may still let pass for one key in one window; ``over`` once the limit is reached."""

    window: int
    left: int
    over: bool


_blocks: WeakKeyDictionary[Site, dict[tuple[str, str], _Block]] = WeakKeyDictionary()
_lock = threading.Lock()


def spend(*attempts: tuple[Limit, str]) -> None:
    """Count one attempt against each (limit, key), in a transaction of its own and only where a block is used up.

    Raises:
        TooManyAttemptsError: one of them is over.
    """
    of, now = site(), time.time()
    with _lock:
        kept = _blocks.setdefault(of, {})
        missing = [each for each in attempts if not _passes(kept, *each, now)]
    if not missing:
        return
    with of.writing() as writing:
        counts = [hit(writing, limit, key, times=limit.block, now=now) for limit, key in missing]
    with _lock:
        if len(kept) > MOST_KEYS:
            kept.clear()  # costs no more than one block of each limit
        for (limit, key), count in zip(missing, counts, strict=True):
            # The last block may reach over the limit: what is left of it may pass.
            allowed = min(limit.block, limit.count - (count - limit.block))
            kept[limit.name, key] = _Block(int(now // limit.seconds), max(allowed - 1, 0), over=allowed <= 0)
    over = [limit for (limit, _key), count in zip(missing, counts, strict=True) if count - limit.block >= limit.count]
    if over:
        raise refuse(over[0], now)


def _passes(kept: dict[tuple[str, str], _Block], limit: Limit, key: str, now: float) -> bool:
    """Take one of the block this process holds; False where there is none, or it is used up."""
    block = kept.get((limit.name, key))
    if block is None or block.window != int(now // limit.seconds):
        return False
    if block.over:
        raise refuse(limit, now)
    if not block.left:
        return False
    block.left -= 1
    return True


def spend_both(limit: Limit, account: object) -> None:
    """Count one attempt against an account and, tenfold wider, against the address it comes from."""
    wider = Limit(f"{limit.name}/address", limit.count * 10, limit.seconds, limit.block)
    spend((limit, str(account)), (wider, client()))


def count_all(*attempts: tuple[Limit, str]) -> None:
    """Count one attempt against each, exactly, for what must not pass once too often: passwords and codes.

    Raises:
        TooManyAttemptsError: one of them is over; all are counted all the same.
    """
    now = time.time()
    with site().writing() as writing:
        over = [limit for limit, key in attempts if hit(writing, limit, key, now=now) > limit.count]
    if over:
        raise refuse(max(over, key=lambda limit: limit.seconds), now)


def take_back(connection: Connection, *attempts: tuple[Limit, str]) -> None:
    """Uncount attempts that succeeded, so that an office behind one address is not stopped by its own people."""
    for limit, key in attempts:
        hit(connection, limit, key, times=-1)


def client() -> str:
    """Return what this request's address is counted as."""
    return network_of(request.remote_addr or "")


@lru_cache(maxsize=4096)
def network_of(address: str) -> str:
    """Return what an address is counted as: itself, or the /64 of IPv6, which one customer has whole."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if isinstance(found, IPv4Address):
        return address
    return str(found.ipv4_mapped or ip_network((found, 64), strict=False))


def refuse(limit: Limit, now: float | None = None) -> TooManyAttemptsError:
    """Return the error that says when to try again."""
    moment = time.time() if now is None else now
    wait = max(1, int(limit.seconds - moment % limit.seconds))
    return TooManyAttemptsError(
        _("At most %(count)s attempts in %(minutes)s minutes.")
        % {"count": limit.count, "minutes": limit.seconds // 60},
        hint=_("Wait until the time is over."),
        retry_after=wait,
    )
