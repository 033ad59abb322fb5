"""A login is renewed ahead of its end and when it is refused, once for all that wait, by one process at a time."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from sources.bearer import Bearer, utc_now
from sources.budget import Tally
from sources.errors import AppNotAccepted, NotAccepted, NotAllowed, ServerFailed
from sources.http import Client
from sources.oauth import revoked
from sources.pipedrive import PIPEDRIVE
from sources.pipedrive.login import authority, connect
from sources.tokens import TokenFile
from tests.login.logins import APP, SECRETS, app, expire, keep, log_in, renewals, tokens_of
from tests.support import IMPATIENT, Sandbox


@pytest.fixture
def crm(served: Sandbox) -> Iterator[Sandbox]:
    """The sandbox as it is at first."""
    served.control("login", rotates=False, scopes=None)
    served.control("stats/reset")
    yield served
    served.calm()


def bearer(crm: Sandbox, file: TokenFile) -> Bearer:
    return Bearer(file, app(crm), crm.url)


def who(client: Client, times: int = 1) -> set[int]:
    """Ask so often at once who we are."""

    async def asked() -> set[int]:
        async with client:
            found = await asyncio.gather(*(PIPEDRIVE.identify(client, Tally()) for _ in range(times)))
            return {account.user_id for account in found}

    return asyncio.run(asked())


def test_a_token_that_is_good_is_used_as_it_is(crm: Sandbox, tmp_path: Path) -> None:
    file = log_in(crm, tmp_path)
    crm.control("stats/reset")
    assert who(connect(file, app(crm))) == {1}
    assert renewals(crm) == 0


def test_a_token_that_lives_for_minutes_only_is_not_renewed_all_the_time(
    crm: Sandbox, tmp_path: Path
) -> None:
    file = log_in(crm, tmp_path)
    keep(file, tokens_of(file), expires_at=utc_now() + timedelta(minutes=3))
    crm.control("stats/reset")
    assert who(connect(file, app(crm))) == {1}
    assert renewals(crm) == 0


@pytest.mark.parametrize("rotates", [False, True])
def test_a_token_is_renewed_minutes_before_it_expires_once_for_all_that_wait(
    crm: Sandbox, tmp_path: Path, *, rotates: bool
) -> None:
    crm.control("login", rotates=rotates)
    file = log_in(crm, tmp_path)
    expire(file)
    before = tokens_of(file)
    crm.control("stats/reset")
    assert who(connect(file, app(crm)), times=8) == {1}
    after = tokens_of(file)
    assert renewals(crm) == 1
    assert after.access_token != before.access_token
    assert (after.refresh_token != before.refresh_token) is rotates
    assert after.used_at > before.used_at


def test_a_token_that_the_crm_does_not_take_any_more_is_renewed_once(crm: Sandbox, tmp_path: Path) -> None:
    file = log_in(crm, tmp_path)
    crm.control("clock", by=3700)  # over there it has expired, though not by this machine's clock
    crm.control("stats/reset")
    assert who(connect(file, app(crm)), times=8) == {1}
    assert renewals(crm) == 1


def test_what_another_process_has_renewed_is_taken_as_it_is(crm: Sandbox, tmp_path: Path) -> None:
    file = log_in(crm, tmp_path)
    mine = bearer(crm, file)
    stale = asyncio.run(mine.headers())
    expire(file)
    fresh = asyncio.run(bearer(crm, file).headers())
    crm.control("stats/reset")
    assert asyncio.run(mine.renew(stale))
    assert asyncio.run(mine.headers()) == fresh
    assert renewals(crm) == 0


def test_when_the_authority_is_down_a_token_that_still_holds_is_used_and_nobody_hammers(
    crm: Sandbox, tmp_path: Path
) -> None:
    file = log_in(crm, tmp_path)
    expire(file)
    crm.arm("server_error", path="/oauth/token", times=None)
    crm.control("stats/reset")
    mine = bearer(crm, file)
    given = {asyncio.run(mine.headers())["authorization"] for _ in range(5)}
    assert given == {f"Bearer {tokens_of(file).access_token}"}
    assert crm.stats()["requests"] == 1
    keep(file, tokens_of(file), expires_at=utc_now() - timedelta(seconds=1))
    crm.control("stats/reset")
    ended = asyncio.run(all_at_once(bearer(crm, file)))
    assert {type(one) for one in ended} == {ServerFailed}
    assert crm.stats()["requests"] == 1


async def all_at_once(mine: Bearer) -> list[object]:
    return await asyncio.gather(*(mine.headers() for _ in range(8)), return_exceptions=True)


@pytest.mark.parametrize("how", ["unused for 61 days", "revoked by us", "taken back there"])
def test_a_login_that_has_ended_is_told_with_the_way_out_and_asked_for_once(
    crm: Sandbox, tmp_path: Path, how: str
) -> None:
    file = log_in(crm, tmp_path)
    expire(file)
    if how == "unused for 61 days":
        crm.control("clock", by=61 * 86400)
    elif how == "revoked by us":
        revoked(app(crm), tokens_of(file))
    else:
        crm.control("login", end=True)
    crm.control("stats/reset")
    mine = bearer(crm, file)
    for _ in range(3):
        with pytest.raises(NotAccepted, match=r"login to pipedrive has ended.*`roundtrip login pipedrive`"):
            asyncio.run(mine.headers())
    assert renewals(crm) == 1


def test_an_app_that_is_not_accepted_is_told_apart(crm: Sandbox, tmp_path: Path) -> None:
    file = log_in(crm, tmp_path)
    expire(file)
    wrong = authority(APP[0], "wr0ng", oauth_url=crm.url)
    with pytest.raises(AppNotAccepted, match=r"sources\.pipedrive\.client_secret"):
        asyncio.run(Bearer(file, wrong, crm.url).headers())


def test_who_logs_out_meanwhile_ends_it(crm: Sandbox, tmp_path: Path) -> None:
    file = log_in(crm, tmp_path)
    mine = bearer(crm, file)
    signed = asyncio.run(mine.headers())
    file.delete()
    with pytest.raises(NotAccepted, match="nobody is logged in to pipedrive any more"):
        asyncio.run(mine.renew(signed))


def test_the_login_of_another_company_does_not_go_on_in_the_middle_of_a_run(
    crm: Sandbox, tmp_path: Path
) -> None:
    file = log_in(crm, tmp_path)
    mine = bearer(crm, file)
    signed = asyncio.run(mine.headers())
    other = crm.url.replace("127.0.0.1", "localhost")
    keep(file, tokens_of(file), access_token="another", api_domain=other)
    with pytest.raises(NotAccepted, match="no more for"):
        asyncio.run(mine.renew(signed))


def test_what_is_refused_for_its_scope_says_so(crm: Sandbox, tmp_path: Path) -> None:
    crm.control("login", scopes="deals:read")
    file = log_in(crm, tmp_path)
    with pytest.raises(NotAllowed, match=r"Scope and URL mismatch.*roundtrip login pipedrive"):
        who(connect(file, app(crm), IMPATIENT))


# --- several processes ---


def started(file: TokenFile, crm: Sandbox, *how: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.login.renewing", str(file.path), crm.url, *how]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=pipe, text=True)


def test_two_processes_that_renew_at_once_end_with_one_login_that_is_good(
    crm: Sandbox, tmp_path: Path
) -> None:
    crm.control("login", rotates=True)
    file = log_in(crm, tmp_path)
    for _ in range(3):
        expire(file)
        crm.control("stats/reset")
        processes = [started(file, crm) for _ in range(3)]
        said = [process.communicate(timeout=60) for process in processes]
        assert [out.strip() for out, _ in said] == ["1"] * 3, said
        assert renewals(crm) == 1
    expire(file)
    assert who(connect(file, app(crm))) == {1}


@pytest.mark.parametrize("rotates", [False, True])
def test_a_process_that_dies_before_it_could_keep_what_it_was_given_harms_what_is_kept_in_nothing(
    crm: Sandbox, tmp_path: Path, *, rotates: bool
) -> None:
    crm.control("login", rotates=rotates)
    file = log_in(crm, tmp_path)
    expire(file)
    before = file.path.read_bytes()
    dying = started(file, crm, "die")
    assert dying.communicate(timeout=60)[0] == ""
    assert dying.returncode == 9
    assert file.path.read_bytes() == before
    crm.control("clock", by=3700)
    if rotates:  # the CRM has taken the old one back as it answered: nobody can bring back the new one
        with pytest.raises(NotAccepted, match="`roundtrip login pipedrive`"):
            who(connect(file, app(crm)))
    else:
        assert who(connect(file, app(crm))) == {1}
    assert [one.name for one in file.path.parent.glob("*.new")] == []


FULL = """
import asyncio, resource, signal, sys
from pathlib import Path
from tests.login.renewing import main
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
asyncio.run(main(*sys.argv[1:]))
"""


def test_where_there_is_no_room_for_new_tokens_none_are_asked_for(crm: Sandbox, tmp_path: Path) -> None:
    file = log_in(crm, tmp_path)
    expire(file)
    crm.control("stats/reset")
    command = [sys.executable, "-c", FULL, str(file.path), crm.url]
    done = subprocess.run(
        command, input="", capture_output=True, text=True, timeout=60, check=False, env={**os.environ}
    )
    assert "The login cannot be kept" in done.stderr
    assert renewals(crm) == 0
    assert not [secret for secret in SECRETS if secret in done.stderr]
    assert who(connect(file, app(crm))) == {1}
