"""What passes over the wire: verified connections, no request that leaves its host, no answer larger than it may be.

TLS is always verified, by the certificates that come with certifi or those that SSL_CERT_FILE or SSL_CERT_DIR name; no
setting turns it off. A proxy that the environment names (HTTPS_PROXY, ALL_PROXY, NO_PROXY) is used, for it only
forwards what is encrypted from here to the CRM; what is on this machine is spoken to directly, for plain http to a
proxy would show it the token. Credentials in a ~/.netrc are not read.
"""

import contextlib
import ssl
from collections.abc import Iterable, Iterator

import httpx

from sources.errors import LATER, BadBody, TooLarge, Unreachable, Untrusted, UsageError
from sources.hosts import is_local
from sources.veil import veiled, veiled_bytes

MOST_CONNECTIONS = 16
MOST_BYTES = 256 * 1024 * 1024
"""Of one answer, once decompressed. The largest there can be are pages of 500 notes of 100 kB each, escaped."""
SHORTEST_TOKEN = 8
"""Characters. What is shorter is in many an answer by chance; no CRM gives out such tokens."""
ENCODINGS = ("gzip", "deflate")
"""These unpack what is read at a time (64 kB) into 64 MB at most; what is packed twice, or otherwise, has no bound."""


def opened(
    address: str,
    timeout: httpx.Timeout,
    transport: httpx.AsyncBaseTransport | None = None,
) -> httpx.AsyncClient:
    """Connections to one host."""
    own = {"accept": "application/json", "accept-encoding": ", ".join(ENCODINGS), "user-agent": "roundtrip"}
    try:
        return httpx.AsyncClient(
            base_url=address,
            headers=own,
            timeout=timeout,
            limits=httpx.Limits(max_connections=MOST_CONNECTIONS),
            transport=transport,
            verify=httpx.create_ssl_context(),
            trust_env=not is_local(address),
            follow_redirects=False,
        )
    except (ImportError, ValueError, httpx.InvalidURL):
        # What the library says repeats the proxy's address, and there may be a password in it.
        raise UsageError(
            "A proxy that the environment names (HTTPS_PROXY, ALL_PROXY) cannot be used.",
            way_out="Write http:// or https://, a host and a port; SOCKS is not spoken.",
        ) from None
    except OSError as error:
        raise UsageError(
            f"The certificates that SSL_CERT_FILE or SSL_CERT_DIR names cannot be read ({error.strerror}).",
            way_out="Mend the path, or unset it.",
        ) from error


async def exchange(
    http: httpx.AsyncClient, request: httpx.Request, signed: Iterable[str] = ()
) -> httpx.Response:
    """Send a request, and read its answer up to the bound; what it was signed with is not in what comes back."""
    if (request.url.scheme, request.url.netloc) != (http.base_url.scheme, http.base_url.netloc):
        raise RuntimeError(f"a request was about to leave {http.base_url.host}")
    response = await http.send(request, stream=True)
    try:
        body = await _body(response)
    finally:
        await response.aclose()
    secrets = [
        token
        for one in signed
        if len(token := one.removeprefix("Bearer ").removeprefix("Basic ")) >= SHORTEST_TOKEN
    ]
    headers = [
        (name, veiled(value, secrets))
        for name, value in response.headers.multi_items()
        if name not in ("content-encoding", "content-length")
    ]
    return httpx.Response(
        response.status_code,
        headers=headers,
        content=veiled_bytes(body, secrets),
        request=request,
        extensions=response.extensions,
    )


async def _body(response: httpx.Response) -> bytes:
    path, encoding = response.url.path, response.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in (*ENCODINGS, "identity"):
        raise BadBody(f"{path} answered with a body packed in a way that was not asked for.")
    parts, size = [], 0
    async for part in response.aiter_bytes():
        parts.append(part)
        size += len(part)
        if size > MOST_BYTES:
            raise TooLarge(
                f"{path} answered with more than {MOST_BYTES // 1024**2} MB.",
                way_out="No page of a list is so large: is this the CRM, and nothing between it and you?",
            )
    return b"".join(parts)


@contextlib.contextmanager
def named(url: httpx.URL) -> Iterator[None]:
    """Give what can go wrong on the way a name of ours."""
    host, path = url.netloc.decode(), url.path
    try:
        yield
    except (httpx.ReadError, httpx.RemoteProtocolError) as error:
        raise BadBody(
            f"the connection broke while {path} was answered ({type(error).__name__}).", way_out=LATER
        ) from error
    except (httpx.TimeoutException, TimeoutError) as error:
        raise Unreachable(f"no complete answer from {host} for {path} in time.", way_out=LATER) from error
    except httpx.DecodingError as error:
        raise BadBody(f"{path} answered with a body that cannot be decompressed.", way_out=LATER) from error
    except httpx.TransportError as error:
        raise _untrusted(error, host) or Unreachable(
            f"cannot reach {host} ({error or type(error).__name__}).",
            way_out="Check the company domain and the network.",
        ) from error


def _untrusted(error: BaseException | None, host: str) -> Untrusted | None:
    """What a certificate that does not prove its host is told as; None where that is not what went wrong."""
    while error is not None and not isinstance(error, ssl.SSLCertVerificationError):
        error = error.__cause__ or error.__context__
    if error is None:
        return None
    return Untrusted(
        f"the certificate of {host} does not prove that it is {host} ({error.verify_message}).",
        way_out="Nothing was sent. Where your company's proxy opens TLS, name its certificate's file in SSL_CERT_FILE.",
    )
