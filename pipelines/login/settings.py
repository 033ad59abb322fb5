"""Whether one connects to a CRM with an API token or with a login, and where the login's tokens are.

An API token that is set wins: it is what somebody has written into the settings, and the simpler of the two.
"""

from pathlib import Path

from dlt.common.runtime.run_context import active

from pipelines import values
from sources.crm import Crm
from sources.login import Login
from sources.oauth import Authority
from sources.tokens import TokenFile


def token_file(crm: Crm) -> TokenFile:
    """The file with the tokens of a login, beside the secrets."""
    return TokenFile(crm.name, Path(active().settings_dir) / f"{crm.name}.oauth.json")


def has_api_token(crm: Crm) -> bool:
    """Whether one of the secrets is set that it takes to connect without a login."""
    return any(_given(crm, key) for key, text in crm.settings.items() if text.startswith("*"))


def uses_login(crm: Crm) -> bool:
    """Whether one connects with a login: somebody has logged in, or an app is set to do it with."""
    return crm.login is not None and not has_api_token(crm) and _is_begun(crm, crm.login)


def is_logged_in(crm: Crm) -> bool:
    """Whether there are tokens of a login, used or not."""
    return crm.login is not None and token_file(crm).exists()


def login_settings(crm: Crm, login: Login) -> dict[str, str]:
    """What is set of the app, for `Login.authority`; an error says what is missing."""
    section = f"sources.{crm.name}"
    needed = {key: values.required(f"{section}.{key}", text) for key, text in login.settings.items()}
    given = {key: _given(crm, key) for key in login.options}
    return needed | {key: text for key, text in given.items() if text}


def read_authority(crm: Crm, login: Login) -> Authority:
    """Where one logs in, as which app."""
    return login.authority(**login_settings(crm, login))


def _is_begun(crm: Crm, login: Login) -> bool:
    return token_file(crm).exists() or all(_given(crm, key) for key in login.settings)


def _given(crm: Crm, key: str) -> str:
    return str(values.value(f"sources.{crm.name}.{key}") or "").strip()
