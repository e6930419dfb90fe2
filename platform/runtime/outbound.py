"""The only HTTP client: where a request may go is decided on the address it connects to, never on the name alone.

A name is resolved once, every address it has must be a public one, and the connection is made to that very address;
so a name that answers differently the second time changes nothing. Redirects are checked like first requests. What the
operator names in the setting ``outbound_allow`` is let through. Mail goes by ``mailing.py``, to the operator's server.
"""

from __future__ import annotations

import contextlib
import http.client
import socket
import ssl
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from urllib.parse import SplitResult, urljoin, urlsplit

from formline.errors import FormlineError
from formline.settings import Settings

SECONDS = 10.0
MOST_BYTES = 5 << 20
MOST_REDIRECTS = 5
REDIRECTS = frozenset({301, 302, 303, 307, 308})
#: Headers that are for the first host alone.
PRIVATE_HEADERS = frozenset({"authorization", "cookie", "proxy-authorization"})
#: Public by their number, but a cloud's own services behind them, or other networks wrapped in them.
ALSO_REFUSED = tuple(
    ip_network(text)
    for text in ("168.63.129.16/32", "192.0.0.0/24", "192.88.99.0/24", "64:ff9b::/96", "64:ff9b:1::/48", "2002::/16")
)

Address = IPv4Address | IPv6Address
Resolve = Callable[[str, int], Sequence[str]]


class OutboundError(FormlineError):
    """A request to another host that was refused here or failed there; the message names the host only."""

    code = "outbound"
    status = 502


@dataclass(frozen=True, slots=True)
class Answer:
    """What another host answered; ``headers`` have lower-case names, ``url`` is where redirects ended."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    url: str


def resolve(host: str, port: int) -> list[str]:
    """Return the addresses of a name, also of numbers written in unusual ways."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


def is_public(address: Address) -> bool:
    """Return whether an address is of the open internet: not private, local, shared, multicast or wrapped.

    >>> is_public(ip_address("::ffff:10.0.0.1")), is_public(ip_address("1.1.1.1"))
    (False, True)
    """
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        return is_public(address.ipv4_mapped)
    refused = any(address in network for network in ALSO_REFUSED if network.version == address.version)
    return address.is_global and not address.is_multicast and not address.is_reserved and not refused


@dataclass(frozen=True)
class Outbound:
    """Sends requests for one site; ``allow`` are names (``host`` or ``host:port``) and networks let through."""

    allow: Sequence[str] = ()
    seconds: float = SECONDS
    most_bytes: int = MOST_BYTES
    resolve: Resolve = field(default=resolve)

    @classmethod
    def of(cls, settings: Settings) -> Outbound:
        """Return the client of a site."""
        return cls(allow=settings.outbound_allow)

    def get(self, url: str, headers: Mapping[str, str] | None = None) -> Answer:
        """Fetch a URL, following up to five redirects, each checked anew.

        Raises:
            OutboundError: refused, unreachable, too slow or too large.
        """
        return self.request("GET", url, headers=headers)

    def request(
        self, method: str, url: str, *, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> Answer:
        """Send one request. Only GET and HEAD follow redirects: what is posted goes where it was meant to go.

        Raises:
            OutboundError: refused, unreachable, too slow or too large.
        """
        ends = time.monotonic() + self.seconds
        sent = dict(headers or {})
        for _ in range(MOST_REDIRECTS + 1):
            answer = self._once(method, url, sent, body, ends)
            target = answer.headers.get("location")
            if method not in ("GET", "HEAD") or answer.status not in REDIRECTS or not target:
                return answer
            before, url = url, urljoin(url, target)
            if _origin(urlsplit(before)) != _origin(urlsplit(url)):
                sent = {name: value for name, value in sent.items() if name.lower() not in PRIVATE_HEADERS}
        raise OutboundError(f"{_host(url)} redirects too often.")

    def _once(self, method: str, url: str, headers: Mapping[str, str], body: bytes | None, ends: float) -> Answer:
        parts = urlsplit(url)
        host, port = _target(parts)
        address = self._address(host, port)
        connection = http.client.HTTPConnection(host, port)
        watchdog: threading.Timer | None = None
        handle: socket.socket | None = None
        try:
            raw = socket.create_connection((address, port), max(ends - time.monotonic(), 0.001))
            # The socket's time limit is per step; a host that sends a letter a second would keep us for good.
            handle = raw.dup()
            watchdog = threading.Timer(max(ends - time.monotonic(), 0.001), _cut, [handle])
            watchdog.daemon = True
            watchdog.start()
            # The certificate must be the name's, though the connection is to the address.
            secure = parts.scheme == "https"
            connection.sock = ssl.create_default_context().wrap_socket(raw, server_hostname=host) if secure else raw
            path = parts._replace(scheme="", netloc="", fragment="").geturl() or "/"
            given = {"Host": parts.netloc, "User-Agent": "Formline", "Accept-Encoding": "identity", **headers}
            connection.request(method, path, body=body, headers=given)
            response = connection.getresponse()
            found = {name.lower(): value for name, value in response.headers.items()}
            read = self._read(response, host)
            if time.monotonic() >= ends:
                raise TimeoutError  # a connection that was cut looks like one that ended
            return Answer(response.status, found, read, url)
        except (http.client.HTTPException, OSError, ValueError) as error:
            late = time.monotonic() >= ends
            raise OutboundError(f"{host} {'took too long' if late else 'could not be reached'}.") from error
        finally:
            if watchdog is not None:
                watchdog.cancel()
            if handle is not None:
                handle.close()
            connection.close()

    def _read(self, response: http.client.HTTPResponse, host: str) -> bytes:
        read = bytearray()
        while chunk := response.read(65_536):
            read += chunk
            if len(read) > self.most_bytes:
                raise OutboundError(f"{host} sent more than {self.most_bytes >> 20} MB.")
        return bytes(read)

    def _address(self, host: str, port: int) -> str:
        """Return the address to connect to; all that the name has must be allowed, or it is a trick."""
        try:
            found = [ip_address(text.partition("%")[0]) for text in self.resolve(host, port)]
        except (OSError, ValueError, UnicodeError) as error:
            raise OutboundError(f"There is no host {host}.") from error
        named = {host, f"{host}:{port}"} & {entry.lower() for entry in self.allow}
        refused = [each for each in found if not named and not is_public(each) and not self._allowed(each)]
        if refused or not found:
            raise OutboundError(
                f"{host} is not a host of the open internet.", code="outbound_refused", hint="FORMLINE_OUTBOUND_ALLOW"
            )
        return str(found[0])

    def _allowed(self, address: Address) -> bool:
        plain = address.ipv4_mapped if isinstance(address, IPv6Address) and address.ipv4_mapped else address
        for entry in self.allow:
            try:
                network = ip_network(entry, strict=False)
            except ValueError:
                continue  # a name
            if network.version == plain.version and plain in network:
                return True
        return False


def require_address(url: str) -> None:
    """Check the form of an address that is to be kept; where it leads is decided when it is asked.

    Raises:
        OutboundError: another scheme, no host, or a name and password in the URL.
    """
    try:
        parts = urlsplit(url)
    except ValueError:
        raise OutboundError("This is no address.", code="outbound_refused") from None
    _target(parts)


def _target(parts: SplitResult) -> tuple[str, int]:
    """Return name and port of a URL.

    Raises:
        OutboundError: another scheme, no host, or a name and password in the URL.
    """
    try:
        port = parts.port
    except ValueError:
        raise OutboundError("The port of the address is no number.", code="outbound_refused") from None
    host = (parts.hostname or "").rstrip(".")
    if parts.scheme not in ("http", "https") or not host or parts.username or parts.password:
        raise OutboundError("Only http and https addresses without a password are fetched.", code="outbound_refused")
    return host, port or (443 if parts.scheme == "https" else 80)


def _cut(sock: socket.socket) -> None:
    """End a connection that takes too long; whoever reads from it finds its end."""
    with contextlib.suppress(OSError):
        sock.shutdown(socket.SHUT_RDWR)


def _host(url: str) -> str:
    return urlsplit(url).hostname or ""


def _origin(parts: SplitResult) -> tuple[str, str, int]:
    return parts.scheme, *_target(parts)
