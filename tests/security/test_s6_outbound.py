"""S6, outbound: where a request goes is decided on the address it connects to, however that is written."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from ipaddress import ip_address

import pytest

from formline.runtime.outbound import Outbound, OutboundError, is_public


@dataclass
class Server:
    """A host on this machine that answers by path and remembers what it was asked."""

    port: int
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)

    def url(self, path: str = "/", host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"


@pytest.fixture
def server() -> Iterator[Server]:
    known = Server(0)

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            known.asked.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
            action, _, rest = self.path[1:].partition("/")
            if action == "to":
                self.send_response(302)
                self.send_header("Location", rest)
                self.end_headers()
                return
            self.send_response(200)
            self.end_headers()
            try:
                for _ in range(80 if action == "large" else 30 if action == "slow" else 1):
                    self.wfile.write(b"x" * (100_000 if action == "large" else 1))
                    if action == "slow":
                        time.sleep(0.1)
            except OSError:
                return

        do_POST = do_GET

        def log_message(self, *_: object) -> None:
            return

    httpd = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    known.port = httpd.server_port
    threading.Thread(target=httpd.serve_forever, args=(0.01,), daemon=True).start()
    yield known
    httpd.shutdown()
    httpd.server_close()


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "127.1",
        "0.0.0.0",  # noqa: S104
        "[::1]",
        "[::]",
        "[::ffff:10.0.0.1]",
        "[::ffff:7f00:1]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "[fe80::1]",
        "[fd00:ec2::254]",
        "10.0.0.1",
        "172.16.3.4",
        "192.168.1.1",
        "100.64.0.1",
        "100.100.100.200",
        "169.254.169.254",
        "168.63.129.16",
        "224.0.0.1",
        "255.255.255.255",
    ],
)
def test_private_addresses_are_refused(host: str) -> None:
    with pytest.raises(OutboundError) as caught:
        Outbound().get(f"http://{host}/")
    # A number this machine's resolver does not take is no host at all.
    assert caught.value.code == "outbound_refused" or "There is no host" in caught.value.message


@pytest.mark.parametrize("address", ["1.1.1.1", "8.8.8.8", "2606:4700:4700::1111"])
def test_public_addresses_are_public(address: str) -> None:
    assert is_public(ip_address(address))


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "ftp://example.com/",
        "gopher://example.com/",
        "http://a:b@example.com/",
        "http:///x",
        "//x",
    ],
)
def test_only_plain_web_addresses_are_fetched(url: str) -> None:
    with pytest.raises(OutboundError):
        Outbound().get(url)


@pytest.mark.parametrize("allow", [["127.0.0.1"], ["127.0.0.0/8"], ["127.0.0.1:{port}"]])
def test_what_the_operator_allows_is_reached(server: Server, allow: list[str]) -> None:
    client = Outbound(allow=[entry.format(port=server.port) for entry in allow])
    assert client.get(server.url("/a?b=1#c")).body == b"x"
    assert server.asked[0][0] == "/a?b=1"


def test_an_allowed_port_is_no_other(server: Server) -> None:
    with pytest.raises(OutboundError) as caught:
        Outbound(allow=[f"127.0.0.1:{server.port + 1}"]).get(server.url())
    assert caught.value.code == "outbound_refused"
    assert server.asked == []


def test_a_name_is_resolved_once_and_that_address_is_used(server: Server) -> None:
    """Rebinding: a public answer for the check and a private one for the connection."""
    answers = iter([["127.0.0.1"], ["10.0.0.1"]])

    def resolve(host: str, port: int) -> Sequence[str]:
        return next(answers)

    client = Outbound(allow=["127.0.0.0/8"], resolve=resolve)
    assert client.get(server.url(host="rebinding.example")).status == 200
    assert server.asked[0][1]["host"] == f"rebinding.example:{server.port}"


def test_one_private_address_among_public_ones_is_refused() -> None:
    client = Outbound(resolve=lambda host, port: ["1.1.1.1", "10.0.0.1"])
    with pytest.raises(OutboundError) as caught:
        client.get("http://mixed.example/")
    assert caught.value.code == "outbound_refused"


def test_redirects_are_checked_like_first_requests(server: Server) -> None:
    client = Outbound(allow=[f"here.example:{server.port}"], resolve=lambda host, port: ["127.0.0.1"])
    with pytest.raises(OutboundError) as caught:
        client.get(server.url(f"/to/http://127.0.0.1:{server.port}/secret", host="here.example"))
    assert caught.value.code == "outbound_refused"
    assert [path for path, _ in server.asked] == [f"/to/http://127.0.0.1:{server.port}/secret"]


def test_redirects_keep_secrets_from_other_hosts(server: Server) -> None:
    names = [f"{name}.example:{server.port}" for name in ("here", "there")]
    client = Outbound(allow=names, resolve=lambda host, port: ["127.0.0.1"])
    client.get(server.url(f"/to/http://{names[1]}/end", host="here.example"), headers={"Authorization": "Bearer x"})
    assert ["authorization" in headers for _path, headers in server.asked] == [True, False]


def test_redirects_end(server: Server) -> None:
    client = Outbound(allow=["127.0.0.1"])
    with pytest.raises(OutboundError, match="too often"):
        client.get(server.url("/to/" * 20))


def test_what_is_posted_is_not_sent_on(server: Server) -> None:
    answer = Outbound(allow=["127.0.0.1"]).request("POST", server.url("/to/elsewhere"), body=b"secret")
    assert answer.status == 302
    assert len(server.asked) == 1


def test_large_answers_are_cut(server: Server) -> None:
    with pytest.raises(OutboundError, match="more than 5 MB"):
        Outbound(allow=["127.0.0.1"]).get(server.url("/large"))


def test_slow_answers_are_cut(server: Server) -> None:
    """A letter at a time keeps every single read within its limit."""
    begun = time.monotonic()
    with pytest.raises(OutboundError, match="too long"):
        Outbound(allow=["127.0.0.1"], seconds=0.4).get(server.url("/slow"))
    assert time.monotonic() - begun < 2
