"""The wire, with real servers at its other end: TLS, redirects, proxies, sizes, and lists without end."""

import asyncio
import contextlib
import gzip
import itertools
import json
import ssl
import zlib
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import trustme

from sources.budget import Limiter, Tally
from sources.endless import MOST_PAGES, Bound
from sources.errors import AnswerLost, BadBody, Endless, NotServed, Refused, TooLarge, Untrusted, UsageError
from sources.http import Client, Patience
from sources.paging import Page, Window
from sources.registry import CRMS
from sources.walk import Reader
from sources.wire import MOST_BYTES
from tests.little import JSON, Asked, Little, Reply, little

TOKEN = "5ecret" * 6 + "abcd"
PIPEDRIVE, DESKERA = CRMS["pipedrive"], CRMS["deskera"]
Connect = Callable[..., Client]


def pipedrive(address: str, **seams: Any) -> Client:
    return PIPEDRIVE.connect(
        company_domain=address, api_token=TOKEN, patience=Patience(tries=2, first_pause=0), **seams
    )


def deskera(address: str, **seams: Any) -> Client:
    return DESKERA.connect(
        access_token=TOKEN, base_url=address, patience=Patience(tries=2, first_pause=0), **seams
    )


def asked(client: Client, method: Any = "GET") -> Any:
    """What one request comes to."""

    async def ask() -> Any:
        facts: dict[str, Any] = {"cost": 10, "tally": Tally(), "parse": lambda answer: answer.body}
        async with client:
            if method == "GET":
                return await client.get("/v1/users", {"limit": "1"}, **facts)
            return await client.send(method, "/v1/users", json={"name": "x"}, **facts)

    return asyncio.run(ask())


def good(_asked: Asked) -> Reply:
    return 200, JSON, b'{"success": true, "data": []}'


@pytest.fixture
def certified(tmp_path: Path) -> Iterator[tuple[Callable[[str], Little], Path]]:
    """Starts servers with a certificate for a name, of an authority that only this test knows, in a file."""
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    with contextlib.ExitStack() as stack:

        def started(name: str) -> Little:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            authority.issue_cert(name).configure_cert(context)
            return stack.enter_context(little(good, context=context))

        yield started, tmp_path / "authority.pem"


@pytest.mark.parametrize("connect", [pipedrive, deskera])
@pytest.mark.parametrize("name", ["127.0.0.1", "acme.pipedrive.com"])
def test_a_certificate_is_verified_on_this_machine_too(
    certified: tuple[Callable[[str], Little], Path],
    connect: Connect,
    name: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    start, authority = certified
    server = start(name)
    at = f"https://127.0.0.1:{server.port}"
    with pytest.raises(Untrusted, match="certificate of 127") as caught:
        asked(connect(at))
    assert "SSL_CERT_FILE" in caught.value.way_out
    assert server.asked == []
    # The other half: whose authority is known, and whose name is right, is believed.
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    if name == "127.0.0.1":
        assert asked(connect(at)).startswith(b"{")
        assert TOKEN in server.asked[0]
    else:
        with pytest.raises(Untrusted, match="not valid for"):
            asked(connect(at))
        assert server.asked == []


@pytest.mark.parametrize("connect", [pipedrive, deskera])
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_no_redirect_is_followed_to_another_host_or_to_the_same(
    connect: Connect, status: int, method: str
) -> None:
    with little(good) as other:

        def away(asked: Asked) -> Reply:
            path = asked.line.split()[1]
            to = f"http://127.0.0.1:{other.port}{path}" if len(served.asked) == 1 else f"{path}&again=1"
            return status, {**JSON, "location": to}, b"{}"

        with little(away) as served:
            for _ in range(2):
                with pytest.raises(NotServed):
                    asked(connect(f"http://127.0.0.1:{served.port}"), method)
    assert len(served.asked) == 2
    assert TOKEN in served.asked[0]
    assert other.asked == []


@pytest.mark.parametrize("path", ["//{}/v1/users", "http://{}/v1/users", "http://a@{}/"])
def test_no_path_leads_a_request_to_another_host(path: str) -> None:
    async def ask(port: int, other: str) -> None:
        async with pipedrive(f"http://127.0.0.1:{port}") as client:
            await client.get(path.format(other), {}, cost=1, tally=Tally(), parse=lambda answer: answer)

    with little(good) as other, little(good) as served:
        with contextlib.suppress(RuntimeError):
            asyncio.run(ask(served.port, f"127.0.0.1:{other.port}"))
        assert other.asked == []
        assert len(served.asked) == path.startswith("//")  # which is but a path


def test_a_proxy_that_the_environment_names_sees_the_crms_host_and_no_token(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with little(lambda _asked: (502, {}, b"")) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", f"http://who:pa55@127.0.0.1:{proxy.port}")
        with pytest.raises(Exception, match=r"cannot reach acme\.pipedrive\.com") as caught:
            asked(pipedrive("acme"))
    assert {one.line for one in proxy.asked} == {"CONNECT acme.pipedrive.com:443 HTTP/1.1"}
    assert not [one for one in proxy.asked if TOKEN in one]
    assert "pa55" not in str(caught.value)


@pytest.mark.parametrize("named", ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"])
def test_what_is_on_this_machine_is_spoken_to_without_a_proxy(
    named: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with little(good) as proxy, little(good) as server:
        monkeypatch.setenv(named, f"http://127.0.0.1:{proxy.port}")
        asked(pipedrive(f"http://127.0.0.1:{server.port}"))
        with pytest.raises(Exception, match="cannot reach"):
            asked(pipedrive(f"https://127.0.0.1:{server.port}"))
    assert (len(proxy.asked), proxy.asked) == (0, [])
    assert TOKEN in server.asked[0]


@pytest.mark.parametrize(
    "proxy", ["socks5://who:pa55@127.0.0.1:1", "http://who:pa55@x:port", "gopher://pa55@x"]
)
def test_a_proxy_that_cannot_be_used_is_told_without_its_password(
    proxy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ALL_PROXY", proxy)
    with pytest.raises(UsageError, match="A proxy that the environment names") as caught:
        asked(pipedrive("acme"))
    assert "pa55" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_certificates_that_are_not_there_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere/ca.pem")
    with pytest.raises(UsageError, match="SSL_CERT_FILE"):
        asked(pipedrive("acme"))


def test_a_netrc_adds_no_credentials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".netrc").write_text("default login who password pa55\n")
    (tmp_path / ".netrc").chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    with little(good) as server:
        asked(deskera(f"http://127.0.0.1:{server.port}"))
    assert "authorization" not in server.asked[0].headers


@pytest.fixture(scope="module")
def bomb() -> bytes:
    """A few bytes that become more than may be."""
    packing = zlib.compressobj(1, wbits=zlib.MAX_WBITS | 16)
    blank = b" " * 2**24
    return b"".join(packing.compress(blank) for _ in range(MOST_BYTES // 2**24 + 1)) + packing.flush()


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_body_that_unpacks_beyond_all_bounds_is_not_unpacked(bomb: bytes, method: str) -> None:
    assert len(bomb) < MOST_BYTES / 200
    with little(lambda _asked: (200, JSON | {"content-encoding": "gzip"}, bomb)) as server:
        connected = pipedrive(f"http://127.0.0.1:{server.port}")
        # A record may have been made before such an answer.
        with pytest.raises(TooLarge if method == "GET" else AnswerLost, match="more than 256 MB"):
            asked(connected, method)
    assert len(server.asked) == 1


@pytest.mark.parametrize("encoding", ["gzip, gzip", "br", "zstd", "x-gzip"])
def test_what_is_packed_otherwise_than_asked_is_refused(encoding: str) -> None:
    body = gzip.compress(gzip.compress(b"{}"))
    with little(lambda _asked: (200, JSON | {"content-encoding": encoding}, body)) as server:
        connected = pipedrive(f"http://127.0.0.1:{server.port}")
        with pytest.raises(BadBody, match="not asked for"):
            asked(connected)
    assert server.asked[0].headers["accept-encoding"] == "gzip, deflate"


def test_a_body_that_never_ends_is_read_up_to_the_bound() -> None:
    sent = itertools.count()

    async def forever() -> AsyncIterator[bytes]:
        while True:
            next(sent)
            yield b" " * 2**20

    transport = httpx.MockTransport(lambda _request: httpx.Response(200, headers=JSON, content=forever()))
    with pytest.raises(TooLarge):
        asked(pipedrive("acme", transport=transport))
    assert next(sent) <= MOST_BYTES / 2**20 + 1


@pytest.mark.parametrize("connect", [pipedrive, deskera])
def test_a_token_that_an_answer_repeats_is_in_no_error_and_in_no_record(connect: Connect) -> None:
    said = f"no user has {TOKEN}"
    echo = json.dumps({"error": said, "message": said, "data": said}).encode()
    headers = JSON | {"x-correlation-id": TOKEN, "x-request-id": TOKEN}
    with little(lambda asked: (400 if "POST" in asked.line else 200, headers, echo)) as server:
        at = f"http://127.0.0.1:{server.port}"
        with pytest.raises(Refused, match=r"no user has \*\*\*") as caught:
            asked(connect(at), "POST")
        assert TOKEN not in f"{caught.value} {caught.value.reason} {caught.value.request_id}"
        assert TOKEN.encode() not in asked(connect(at))
    assert TOKEN in server.asked[0]


def test_a_packed_body_is_read_as_what_it_is() -> None:
    body = gzip.compress(b'{"success": true, "data": []}')
    with little(lambda _asked: (200, JSON | {"content-encoding": "gzip"}, body)) as server:
        assert asked(pipedrive(f"http://127.0.0.1:{server.port}")) == b'{"success": true, "data": []}'


def walked(
    connect: Connect, entity: str, answer: Callable[[Asked], Reply], since: str = ""
) -> tuple[int, list[Page]]:
    """Walk through a list to the error that it does not end; the requests, and what came of it until then."""
    crm = PIPEDRIVE if connect is pipedrive else DESKERA
    pages: list[Page] = []

    async def keep(page: Page) -> None:
        pages.append(page)

    async def walk(port: int) -> None:
        async with connect(f"http://127.0.0.1:{port}", limiter=Limiter(limit=10**6)) as client:
            reader = Reader(client, crm.entities[entity], frugal=True)
            await reader.read(Window(since, "2026-10-01T00:00:00Z" if since else ""), keep)

    with little(answer) as server, pytest.raises(Endless, match="does not end") as caught:
        asyncio.run(walk(server.port))
    assert caught.value.way_out
    return len(server.asked), pages


def listed(ids: list[int], **more: Any) -> bytes:
    rows = [{"id": one, "name": "x", "update_time": "2026-09-01T00:00:00Z"} for one in ids]
    return json.dumps({"success": True, "data": rows, **more}).encode()


CURSORS = itertools.count()


def always_on(ids: Callable[[int], list[int]], **headers: str) -> Callable[[Asked], Reply]:
    """A list that gives a new cursor each time."""
    asked = itertools.count()

    def answer(_asked: Asked) -> Reply:
        more = {"additional_data": {"next_cursor": f"c{next(CURSORS)}"}}
        return 200, JSON | headers, listed(ids(next(asked)), **more)

    return answer


@pytest.mark.parametrize(
    "ids",
    [lambda _n: [], lambda n: [1 + n % 2, 3 + n % 2], lambda n: [[1, 2], [3, 4], [5, 6]][n % 3]],
    ids=["nothing", "two pages in turn", "three pages in turn"],
)
def test_a_list_that_brings_nothing_new_ends_after_a_hundred_pages(ids: Callable[[int], list[int]]) -> None:
    # Tasks are in an order of their own, so that no page shows to be out of it.
    requests, _ = walked(pipedrive, "tasks", always_on(ids))
    assert 100 < requests < 110


@pytest.mark.parametrize("since", ["", "2026-01-01T00:00:00Z"])
def test_a_list_always_new_ends_where_two_days_tokens_do(since: str) -> None:
    told = {"x-daily-ratelimit-token-limit": "600"}
    requests, pages = walked(pipedrive, "activities", always_on(lambda n: [n], **told), since)
    cost = PIPEDRIVE.entities["activities"].lists[0].cost
    assert requests == 2 * 600 // cost + 1
    assert len(pages) == requests - 1


def test_pages_with_numbers_that_come_in_turn_end_too() -> None:
    asked = itertools.count()

    def answer(_asked: Asked) -> Reply:
        which = next(asked) % 2
        rows = [{"id": 10 + 2 * which + n, "updated_at": "2026-09-01T00:00:00Z"} for n in (0, 1)]
        return 200, JSON, json.dumps({"data": rows, "paginationInfo": {"totalRecords": 10**9}}).encode()

    requests, _ = walked(deskera, "activities", answer)
    assert 100 < requests < 110


def test_a_walk_has_fewer_pages_than_any_account() -> None:
    assert Bound.of("/list", None, 10).most == MOST_PAGES
    assert Bound.of("/list", 10**12, 10).most == MOST_PAGES
    short = Bound("/list", most=3)
    for page in range(3):
        short.note([page])
    with pytest.raises(Endless, match=r"/list does not end: 3 pages were read.*roundtrip backfill"):
        short.note([3])
