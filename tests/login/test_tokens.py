"""The tokens of a login: nobody else reads them, they are replaced as a whole, and renewed by one process at a time."""

import os
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sources.errors import UsageError
from sources.pipedrive.login import authority, connect
from sources.tokens import TokenFile, Tokens
from tests.login.logins import APP, keep, tokens_of

NOW = datetime(2026, 11, 1, tzinfo=UTC)
TOKENS = Tokens("acc3ss", "r3fresh", NOW, NOW, "https://acme.pipedrive.com", "base,deals:read")


@pytest.fixture
def file(tmp_path: Path) -> TokenFile:
    """Where tokens are kept."""
    return TokenFile("pipedrive", tmp_path / ".dlt/pipedrive.oauth.json")


# --- the file ---


def test_what_is_kept_is_read_again_and_only_we_may_whatever_the_umask(file: TokenFile) -> None:
    before = os.umask(0)
    try:
        with file.held(), file.room() as put:
            (new,) = file.path.parent.glob("*.new")
            assert new.stat().st_mode & 0o777 == 0o600
            put(TOKENS)
    finally:
        os.umask(before)
    assert file.read() == TOKENS
    assert {one.name: one.stat().st_mode & 0o777 for one in file.path.parent.iterdir()} == {
        "pipedrive.oauth.json": 0o600,
        "pipedrive.oauth.lock": 0o600,
    }


def test_tokens_name_their_scopes_and_do_not_show_themselves() -> None:
    assert TOKENS.scopes == {"base", "deals:read"}
    assert "acc3ss" not in repr(TOKENS)
    assert "r3fresh" not in repr(TOKENS)
    assert "sandbox-secret" not in repr(authority(*APP))


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o602])
def test_a_file_that_others_may_read_or_change_is_refused(file: TokenFile, mode: int) -> None:
    keep(file, TOKENS)
    file.path.chmod(mode)
    with pytest.raises(UsageError, match=rf"mode is {mode:o}.*chmod 600 .*roundtrip logout"):
        file.read()


@pytest.mark.parametrize("content", ['{"access_token": "acc3ss"', '{"access_token": "acc3ss"}', ""])
def test_a_file_that_is_none_is_refused_without_showing_it(file: TokenFile, content: str) -> None:
    keep(file, TOKENS)
    file.path.write_text(content)
    with pytest.raises(UsageError) as told:
        file.read()
    assert "acc3ss" not in str(told.value)
    assert told.value.__cause__ is None
    assert "`roundtrip login pipedrive`" in str(told.value)


def test_where_nothing_can_be_kept_that_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="login cannot be kept"), TokenFile("x", tmp_path / "file/x").held():
        pass


def test_what_a_killed_process_left_beside_is_in_nobodys_way(file: TokenFile) -> None:
    keep(file, TOKENS)
    file.path.with_suffix(".new").write_text("half of")
    keep(file, replace(TOKENS, access_token="second"))
    assert tokens_of(file).access_token == "second"


# --- where a token goes ---


@pytest.mark.parametrize(
    "domain",
    [
        *("https://pipedrive.com", "https://acme.pipedrive.com.evil.example", "https://acmepipedrive.com"),
        *("http://acme.pipedrive.com", "https://acme.pipedrive.com:8443", "https://x@acme.pipedrive.com"),
        *("https://evil.example/acme.pipedrive.com", "https://acme.pipedrive.com/path", "http://127.0.0.1:1"),
        *(
            "https://169.254.169.254",
            "",
            "https://evil.example#.pipedrive.com",
        ),
    ],
)
def test_no_token_goes_to_a_host_that_is_not_pipedrives(file: TokenFile, domain: str) -> None:
    keep(file, TOKENS, api_domain=domain)
    with pytest.raises(UsageError, match="not Pipedrive's"):
        connect(file, authority(*APP))


def test_the_api_is_where_the_tokens_say(file: TokenFile) -> None:
    keep(file, TOKENS, api_domain="https://Acme.pipedrive.com/")
    assert connect(file, authority(*APP)).base_url == "https://acme.pipedrive.com"


def test_a_sandboxs_login_is_for_this_machine_only(file: TokenFile) -> None:
    local = authority(*APP, oauth_url="http://127.0.0.1:1")
    keep(file, TOKENS, api_domain="http://localhost:8765")
    assert connect(file, local).base_url == "http://localhost:8765"
    keep(file, TOKENS)
    with pytest.raises(UsageError, match="not Pipedrive's"):
        connect(file, local)


@pytest.mark.parametrize(
    "url", ["http://oauth.pipedrive.com", "https://oauth.evil.example", "http://10.0.0.1"]
)
def test_one_logs_in_at_pipedrive_or_at_a_sandbox_here(url: str) -> None:
    with pytest.raises(UsageError, match="oauth_url"):
        authority(*APP, oauth_url=url)
