"""One request to a receiver. Its address may be a secret, so no message of ours or of the library's repeats it."""

from urllib.parse import urlsplit

import httpx

from pipelines.alerts.channel import TIMEOUT, NotSent
from sources.hosts import is_local
from sources.veil import veiled

TRIES = 2
"""A connection that fails once, or a server that has a moment of trouble, is tried again at once."""
MOST_SAID = 60
"""Of what a receiver says, how much is told."""


def ask(method: str, address: str, body: object = None) -> str:
    """What came back; raises `NotSent` with the reason."""
    problem = ""
    for _ in range(TRIES):
        try:
            answer = _ask(method, address, body)
        except httpx.TimeoutException:
            raise NotSent("no answer in time") from None
        except httpx.TransportError as error:
            problem = f"no connection ({_reason(error)})"
            continue
        if answer.is_success:
            return _told(answer, address)
        problem = _told(answer, address)
        if not answer.is_server_error:
            break
    raise NotSent(problem)


def _ask(method: str, address: str, body: object) -> httpx.Response:
    with httpx.Client(
        timeout=TIMEOUT,
        follow_redirects=False,
        trust_env=not is_local("{}://{}".format(*urlsplit(address)[:2])),
        verify=httpx.create_ssl_context(),
    ) as client:
        return client.request(method, address, json=body, headers={"user-agent": "roundtrip"})


def _told(answer: httpx.Response, address: str) -> str:
    """An answer's status and what it says, if that is a few plain words."""
    if answer.is_redirect:
        return (
            f"answered {answer.status_code}, a redirect, which is not followed: set the address it leads to"
        )
    secrets = [address, *urlsplit(address).path.split("/")]
    said = veiled(" ".join(answer.text.split()), secrets)
    is_plain = said.isprintable() and "<" not in said and len(said) <= MOST_SAID
    return f"answered {answer.status_code}" + (f": {said}" if said and is_plain else "")


def _reason(error: httpx.TransportError) -> str:
    """Why there is none: the certificate's fault is worth telling, all others are told by their kind."""
    text = str(error)
    return "its certificate is not trusted" if "CERTIFICATE_VERIFY_FAILED" in text else type(error).__name__
