"""Which addresses are given a token: look-alikes, numbers and tricks are none of them."""

from collections.abc import Mapping

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sources.deskera.client import BASE_URL
from sources.errors import UsageError
from sources.hosts import is_local, is_of, refuse_unsafe
from sources.pipedrive.login import authority
from sources.registry import CRMS

TOKEN = "5ecret"
SETTINGS: Mapping[str, tuple[str, str]] = {
    "pipedrive": ("company_domain", "api_token"),
    "deskera": ("base_url", "access_token"),
}
"""What names each CRM's address, and its token."""
SCHEMES = ("https://", "http://", "HTTPS:", "https:/", "https:///", "//", "ftp://", "file://")
INSIDE = (
    *("169.254.169.254", "10.0.0.1", "192.168.0.1", "172.16.0.1", "0.0.0.0", "100.64.0.1", "127.0.0.2"),  # noqa: S104
    *("2130706433", "0x7f000001", "0177.0.0.1", "127.1", "0", "169.254.169.254.nip.io@", "[::]", "[fe80::1]"),
    *(
        "[::ffff:127.0.0.1]",
        "[::ffff:a9fe:a9fe]",
        "[fd00:ec2::254]",
        "localhost.evil",
        "metadata.google.internal",
    ),
)
"""Addresses within a network, however they are written."""
LOOK_ALIKES = (
    *(
        "{crm}.com.evil.example",
        "evil{crm}.com",
        "x-{crm}.com",
        "{crm}.com",
        "{crm}.co",
        "{crm}.com.",
        "acme.{crm}.com.",
    ),
    *(
        "acme.{crm}.com@evil",
        "acme.{crm}.com:x@evil.example",
        "x:y@acme.{crm}.com",
        "@acme.{crm}.com",
        ":@acme.{crm}.com",
    ),
    *(
        "acme.{crm}.com:443",
        "acme.{crm}.com:8443",
        "acme.{crm}.com:",
        "acme.{crm}.com:99999999",
        "acme..{crm}.com",
    ),
    *(
        "acme.{crm}.com%00.evil.example",
        "acme.{crm}.com\x00.evil",
        "evil.example%2f.{crm}.com",
        "evil.example\\.{crm}.com",
    ),
    *(
        "evil.example/.{crm}.com",
        "evil.example#.{crm}.com",
        "evil.example?.{crm}.com",
        "//evil.example",
        "/evil.example",
    ),
    *(
        "acme.{crm}.com\n.evil.example",
        "evil.example\nacme.{crm}.com",
        "acme. {crm}.com",
        "ac me.{crm}.com",
        "ac\tme.{crm}.com",
    ),
    *(
        "acme.{crm}。com",
        "acme.{crm}．com",
        "acme.{crm}․com",
        "*.{crm}.com",
        "_.{crm}.com",
        "-.{crm}.com",
        "a-.{crm}.com",
    ),
    *(
        "acme.xn--pipdrive-e5a.com",
        "acme.pіpedrive.com",
        "acme.pıpedrive.com",
        "acme.deſkera.com",
        "acme.ԁeskera.com",
    ),
    *("acme.{crm}.com.xn--p1ai", "evil.example", "a" * 64 + ".{crm}.com", "acme.{crm}.comm", "acme.{crm}com"),
)
"""Hosts that somebody in a hurry might take for the CRM's."""


@pytest.mark.parametrize("crm", SETTINGS)
@pytest.mark.parametrize("host", [*INSIDE, *LOOK_ALIKES])
def test_no_look_alike_and_no_address_inside_a_network_is_given_the_token(crm: str, host: str) -> None:
    address, token = SETTINGS[crm]
    for scheme in SCHEMES:
        with pytest.raises(UsageError) as caught:
            CRMS[crm].connect(**{address: scheme + host.format(crm=crm), token: TOKEN})
        assert TOKEN not in str(caught.value)


@pytest.mark.parametrize(
    "host", [host for host in [*INSIDE, *LOOK_ALIKES] if "/" not in host or host[0] == "/"]
)
def test_a_company_that_is_written_without_a_scheme_is_a_name_or_nothing(host: str) -> None:
    try:
        client = CRMS["pipedrive"].connect(company_domain=host.format(crm="pipedrive"), api_token=TOKEN)
    except UsageError:
        return
    # `0` or `2130706433` alone are the names of companies, strange as they are.
    assert client.base_url == f"https://{host}.pipedrive.com"


@pytest.mark.parametrize(
    ("crm", "given", "asked"),
    [
        ("pipedrive", "acme", "https://acme.pipedrive.com"),
        ("pipedrive", " Acme.Pipedrive.com ", "https://acme.pipedrive.com"),
        ("pipedrive", "https://acme.pipedrive.com/pipeline/1/user/everyone", "https://acme.pipedrive.com"),
        ("pipedrive", "https://acme.pipedrive.com/@evil.example", "https://acme.pipedrive.com"),
        ("pipedrive", "http://127.0.0.1:8765/", "http://127.0.0.1:8765"),
        ("pipedrive", "http://[::1]:1", "http://[::1]:1"),
        ("deskera", "", BASE_URL),
        ("deskera", "https://Bifrost-EU.deskera.com/", "https://bifrost-eu.deskera.com"),
        ("deskera", "https://localhost:8765", "https://localhost:8765"),
    ],
)
def test_the_crms_own_hosts_and_this_machine_are(crm: str, given: str, asked: str) -> None:
    address, token = SETTINGS[crm]
    assert CRMS[crm].connect(**{address: given, token: TOKEN}).base_url == asked


@pytest.mark.parametrize("crm", SETTINGS)
def test_a_host_of_ones_own_is_one_that_is_named_besides(crm: str) -> None:
    address, token = SETTINGS[crm]
    given = {address: "https://gateway.example:8443/", token: TOKEN}
    assert (
        CRMS[crm].connect(**given, trusted_host="Gateway.example:8443").base_url
        == "https://gateway.example:8443"
    )
    for other in ("gateway.example", "evil.gateway.example:8443", "way.example:8443", ""):
        with pytest.raises(UsageError, match=r"company_domain|base_url"):
            CRMS[crm].connect(**given, trusted_host=other)
    for plain in (
        "http://gateway.example:8443",
        "https://gateway.example:8443/x",
        "https://x@gateway.example:8443",
    ):
        with pytest.raises(UsageError):
            CRMS[crm].connect(**given | {address: plain}, trusted_host="gateway.example:8443")


@pytest.mark.parametrize("crm", SETTINGS)
@pytest.mark.parametrize("host", ["https://x.example", "x@y.example", "10.0.0.1", "*", "a b", "x.example/"])
def test_what_is_trusted_is_the_name_of_a_host(crm: str, host: str) -> None:
    address, token = SETTINGS[crm]
    with pytest.raises(UsageError, match="trusted_host"):
        CRMS[crm].connect(**{address: f"https://{host}", token: TOKEN}, trusted_host=host)


def test_where_a_login_says_the_api_is_no_look_alike_is_believed() -> None:
    at = authority("id", TOKEN)
    assert at.api("https://acme.pipedrive.com") == "https://acme.pipedrive.com"
    for host in [*INSIDE, *LOOK_ALIKES, "127.0.0.1:8765", "localhost"]:
        for scheme in SCHEMES:
            with pytest.raises(UsageError, match="not Pipedrive's"):
                at.api(scheme + host.format(crm="pipedrive"))


PARTS = st.sampled_from(
    [
        *"@:/\\#?%.[]\n\t -_x0",
        "%00",
        "//",
        "https://",
        "http://",
        "pipedrive.com",
        "127.0.0.1",
        "localhost",
        "::1",
    ]
)
ADDRESSES = st.lists(PARTS | st.text(max_size=3), max_size=8).map("".join)


@given(
    ADDRESSES
    | ADDRESSES.map("https://{}.pipedrive.com".format)
    | ADDRESSES.map("https://acme{}pipedrive.com".format)
)
def test_what_is_let_pass_goes_where_it_says(address: str) -> None:
    """As httpx, which will ask there, understands it."""
    local = is_local(address)
    if is_of(address, "pipedrive.com") or local:
        refuse_unsafe(address)
        url = httpx.URL(address)
        assert (
            (url.host in ("127.0.0.1", "localhost", "::1")) if local else url.host.endswith(".pipedrive.com")
        )
        assert (url.userinfo, url.path, url.query, url.fragment) == (b"", "/", b"", "")
