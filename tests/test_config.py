"""Settings from files and environment: which one wins, and every mistake named with its place and its way out."""

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from dlt.common.configuration.container import Container
from dlt.common.configuration.providers.toml import TomlProviderReadException
from dlt.common.configuration.specs.pluggable_run_context import PluggableRunContext

from pipelines.config import Settings, configured, read_settings
from sources.errors import UsageError
from sources.pipedrive.client import base_url, connect
from tests.support import PIPEDRIVE

CONFIG = '[sources.pipedrive]\ncompany_domain = "filed"\n'
SECRETS = '[sources.pipedrive]\napi_token = "filed-token"\n'
DOMAIN, TOKEN = "SOURCES__PIPEDRIVE__COMPANY_DOMAIN", "SOURCES__PIPEDRIVE__API_TOKEN"
Read = Callable[..., Settings]


@pytest.fixture
def read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Read]:
    """Settings as a new process in a place of its own reads them; dlt reads files once a process."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".dlt").mkdir()

    def reading(config: str = CONFIG, secrets: str = SECRETS, **environment: str) -> Settings:
        Path(".dlt/config.toml").write_text(config)
        Path(".dlt/secrets.toml").write_text(secrets)
        for name, value in environment.items():
            monkeypatch.setenv(name, value)
        with contextlib.suppress(TomlProviderReadException):
            Container()[PluggableRunContext].reload_providers()
        return read_settings(PIPEDRIVE)

    yield reading
    Path(".dlt/config.toml").write_text("")
    Path(".dlt/secrets.toml").write_text("")
    Container()[PluggableRunContext].reload_providers()


def refused(read: Read, *files: str, **environment: str) -> str:
    with pytest.raises(UsageError) as caught:
        read(*files, **environment)
    return str(caught.value)


def section(line: str) -> str:
    return f"{CONFIG}{line}\n"


def test_files_are_read(read: Read) -> None:
    settings = read()
    assert settings.connection == {"company_domain": "filed", "api_token": "filed-token"}
    assert settings.place.warehouse == Path("data/warehouse.duckdb")
    assert (settings.safety_lag, settings.patience.tries, settings.entities) == (60, 6, ())


def test_the_environment_wins_over_files(read: Read) -> None:
    settings = read(**{DOMAIN: "acme", TOKEN: "t" * 40, "ROUNDTRIP__WAREHOUSE": "else/where.duckdb"})
    assert settings.connection == {"company_domain": "acme", "api_token": "t" * 40}
    assert settings.place.warehouse == Path("else/where.duckdb")
    assert settings.place.state_dir == Path("else/.where.duckdb.state")


def test_the_environment_alone_is_enough(read: Read) -> None:
    assert read("", "", **{DOMAIN: "acme", TOKEN: "secret"}).connection["company_domain"] == "acme"


@pytest.mark.parametrize("value", ["007", "1e5", "true", "null", "[1]"])
def test_a_text_that_looks_like_something_else_stays_a_text(read: Read, value: str) -> None:
    assert read(**{DOMAIN: "acme", TOKEN: value}).connection["api_token"] == value


def test_every_setting_is_taken(read: Read) -> None:
    seconds = "safety_lag_seconds = 5\nsettling_seconds = 7\nrequest_timeout_seconds = 30"
    lines = f'entities = ["deals"]\n{seconds}\nrequest_tries = 2'
    settings = read(
        f'[roundtrip]\nwarehouse = "a/b.duckdb"\nmemory_limit = "1GB"\nbuild_memory_limit = "2GB"\n{section(lines)}'
    )
    assert settings.place.build_memory_limit == "2GB"
    assert (settings.place.memory_limit, settings.entities, settings.safety_lag) == ("1GB", ("deals",), 5)
    patience = settings.patience
    assert (patience.total, patience.read, patience.tries, settings.settling) == (30, 30, 2, 7)


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ((section('api_tokn = "x"'),), ["'api_tokn'", ".dlt/config.toml", "Did you mean 'api_token'?"]),
        ((section('entites = ["deals"]'),), ["'entites'", "Did you mean 'entities'?"]),
        (
            (CONFIG, SECRETS + "colour = 1"),
            ["'colour'", ".dlt/secrets.toml", "Known: company_domain, api_token"],
        ),
        (('[roundtrip]\nwarehous = "x"',), ["'warehous'", "[roundtrip] in .dlt/config.toml", "'warehouse'"]),
    ],
)
def test_a_setting_misspelt_in_a_file_is_refused_with_a_suggestion(
    read: Read, files: tuple[str, ...], said: list[str]
) -> None:
    message = refused(read, *files)
    assert [part for part in said if part not in message] == []


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("SOURCES__PIPEDRIVE__API_TOKN", "Did you mean 'api_token'?"),
        ("SOURCES__PIPEDRIVE__ENTITES", "Did you mean 'entities'?"),
        ("ROUNDTRIP__WAREHOUSE_PATH", "Did you mean 'warehouse'?"),
    ],
)
def test_a_setting_misspelt_in_the_environment_is_refused_with_a_suggestion(
    read: Read, name: str, said: str
) -> None:
    message = refused(read, **{name: "value that nobody shall see"})
    assert "the environment" in message
    assert said in message
    assert "value" not in message


@pytest.mark.parametrize(
    ("files", "said"),
    [
        (("", SECRETS), ["sources.pipedrive.company_domain", ".dlt/config.toml", DOMAIN, "roundtrip demo"]),
        ((CONFIG, ""), ["sources.pipedrive.api_token", ".dlt/secrets.toml", TOKEN, "roundtrip demo"]),
        ((CONFIG, '[sources.pipedrive]\napi_token = "  "'), ["sources.pipedrive.api_token is missing"]),
    ],
)
def test_a_missing_setting_is_named_with_the_places_it_may_go(
    read: Read, files: tuple[str, str], said: list[str]
) -> None:
    message = refused(read, *files)
    assert [part for part in said if part not in message] == []


@pytest.mark.parametrize("name", ["safety_lag_seconds", "request_timeout_seconds", "request_tries"])
@pytest.mark.parametrize("value", ["-1", '"ten"', '"1,5"', "[1]"])
def test_a_wrong_number_is_refused_by_name(read: Read, name: str, value: str) -> None:
    message = refused(read, section(f"{name} = {value}"))
    assert f"sources.pipedrive.{name} must be a number that is not negative" in message


@pytest.mark.parametrize("value", ["nan", "inf"])
def test_a_number_that_is_none_is_refused_too(read: Read, value: str) -> None:
    assert "safety_lag_seconds" in refused(read, section(f"safety_lag_seconds = {value}"))


@pytest.mark.parametrize("value", ["activities, deals", '["activities","deals"]', "deals,activities,"])
def test_entities_may_be_listed_in_the_environment(read: Read, value: str) -> None:
    chosen = read(SOURCES__PIPEDRIVE__ENTITIES=value).chosen()
    assert [entity.name for entity in chosen] == ["deals", "activities"]  # in the CRM's order


@pytest.mark.parametrize("value", ["3", "true", "[1]", "{a = 1}"])
def test_entities_that_are_no_list_of_names_are_refused(read: Read, value: str) -> None:
    assert refused(read, section(f"entities = {value}"))


def test_an_unknown_entity_is_refused_with_a_suggestion(read: Read) -> None:
    settings = read(SOURCES__PIPEDRIVE__ENTITIES="activites")
    with pytest.raises(UsageError, match=r"no entity 'activites'.* Did you mean 'activities'\?"):
        settings.chosen()
    with pytest.raises(UsageError, match="no entity 'deal'"):
        settings.chosen(["deal"])


def test_names_given_with_the_command_narrow_the_setting(read: Read) -> None:
    settings = read(SOURCES__PIPEDRIVE__ENTITIES="activities,deals")
    assert [entity.name for entity in settings.chosen(["deals"])] == ["deals"]


def test_api_v1_is_set_for_single_entities(read: Read) -> None:
    settings = read(section('[sources.pipedrive.api]\nactivities = "v1"'))
    assert settings.legacy == {"activities"}
    paths = {entity.name: entity.lists[0].path for entity in settings.chosen()}
    assert paths["activities"] == "/v1/activities/collection"
    assert paths["persons"] == "/api/v2/persons"


def test_api_v2_is_what_one_gets_anyway(read: Read) -> None:
    assert read(section('api = {activities = "v2"}')).legacy == frozenset()


def test_api_v1_may_be_set_in_the_environment(read: Read) -> None:
    assert read(SOURCES__PIPEDRIVE__API__ACTIVITIES="v1").legacy == {"activities"}


@pytest.mark.parametrize(
    ("api", "said"),
    [
        ('{activities = "v3"}', "sources.pipedrive.api.activities must be 'v1' or 'v2', not 'v3'"),
        ('{activites = "v1"}', "'activites' cannot be read through v1. These can: "),
        ('{stages = "v1"}', "'stages' cannot be read through v1. These can: "),
        ('"v1"', "must be a table"),
    ],
)
def test_a_wrong_api_generation_is_refused(read: Read, api: str, said: str) -> None:
    assert said in refused(read, section(f"api = {api}"))


@pytest.mark.parametrize("broken", ["[roundtrip", "company_domain = acme", 'x = "\n', "a = 1\na = 2"])
@pytest.mark.parametrize("which", [0, 1])
def test_broken_toml_is_named_by_file_and_does_not_show_its_content(
    read: Read, broken: str, which: int
) -> None:
    files = [CONFIG, SECRETS]
    files[which] = f'api_token = "{"5ecret" * 6}"\n{broken}'
    message = refused(read, *files)
    assert f".dlt/{('config', 'secrets')[which]}.toml is not valid TOML" in message
    assert "5ecret" not in message


def test_a_file_that_is_no_text_is_refused(read: Read) -> None:
    read()
    Path(".dlt/config.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(UsageError, match="not valid TOML"):
        read_settings(PIPEDRIVE)


@pytest.mark.parametrize("config", ["sources = 1", "[sources]\npipedrive = 1"])
def test_a_section_that_is_none_is_refused(read: Read, config: str) -> None:
    assert refused(read, config)


@pytest.mark.parametrize("name", ["ops.duckdb", "raw_pipedrive.duckdb", "deep/er/ops.db"])
def test_a_warehouse_named_like_a_schema_in_it_is_refused(read: Read, name: str) -> None:
    message = refused(read, ROUNDTRIP__WAREHOUSE=name)
    assert Path(name).name in message
    assert "Set roundtrip.warehouse to another name." in message


@pytest.mark.parametrize(
    "spelling",
    ["acme", "ACME", " acme ", "acme.pipedrive.com", "acme.pipedrive.com/", "https://acme.pipedrive.com/"],
)
def test_a_company_domain_is_understood_in_every_spelling(spelling: str) -> None:
    assert base_url(spelling) == "https://acme.pipedrive.com"


@pytest.mark.parametrize("spelling", ["Acme.Pipedrive.com", "https://acme.pipedrive.com/pipeline/1?a=b"])
def test_a_company_domain_is_understood_as_the_browser_shows_it(spelling: str) -> None:
    assert base_url(spelling) == "https://acme.pipedrive.com"


@pytest.mark.parametrize(
    "wrong",
    ["", " ", "a b", "-acme", "acme-", "acme_x", "acme.example.com", "acme.pipedrive.com/x", "://", "ac\nme"],
)
def test_what_is_no_company_domain_is_refused_with_an_example(wrong: str) -> None:
    with pytest.raises(UsageError, match=r"acme for https://acme\.pipedrive\.com"):
        base_url(wrong)


@pytest.mark.parametrize("wrong", ["http://acme.pipedrive.com", "ftp://acme.pipedrive.com", "https//acme"])
def test_an_address_that_is_not_https_is_refused(wrong: str) -> None:
    with pytest.raises(UsageError):
        connect(wrong, "token")


def test_the_settings_that_a_debugger_shows_hold_no_token(read: Read) -> None:
    assert "filed-token" not in repr(read())


ACCESS_TOKEN, BASE_URL = "SOURCES__DESKERA__ACCESS_TOKEN", "SOURCES__DESKERA__BASE_URL"


def names(found: list[Settings]) -> list[str]:
    return [one.crm.name for one in found]


def test_a_crm_is_configured_when_any_setting_that_connects_to_it_is_made(read: Read) -> None:
    read()
    assert names(configured()) == ["pipedrive"]
    read(**{ACCESS_TOKEN: "t" * 20})
    assert names(configured()) == ["pipedrive", "deskera"]
    assert configured()[1].connection == {"access_token": "t" * 20}
    assert names(configured(["deskera"])) == ["deskera"]


def test_an_optional_setting_is_handed_on_when_it_is_made(
    read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    read(**{ACCESS_TOKEN: "token", BASE_URL: "http://127.0.0.1:1"})
    assert configured()[1].connection == {"access_token": "token", "base_url": "http://127.0.0.1:1"}
    monkeypatch.setenv(BASE_URL, " ")
    assert configured()[1].connection == {"access_token": "token"}


def test_a_crm_that_is_half_configured_is_an_error_that_names_what_lacks(read: Read) -> None:
    read(**{BASE_URL: "http://127.0.0.1:1"})
    with pytest.raises(UsageError, match=r"sources\.deskera\.access_token is missing.*" + ACCESS_TOKEN):
        configured()


def test_settings_left_empty_configure_nothing_and_without_any_the_first_crm_is_asked_for(
    read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    read()
    Path(".dlt/config.toml").write_text("[sources.deskera]\nsafety_lag_seconds = 5\n")
    Path(".dlt/secrets.toml").write_text(
        '[sources.pipedrive]\napi_token = ""\n[sources.deskera]\naccess_token = ""\n'
    )
    monkeypatch.setenv(ACCESS_TOKEN, "")
    Container()[PluggableRunContext].reload_providers()
    with pytest.raises(UsageError, match=r"sources\.pipedrive\.company_domain is missing"):
        configured()
    with pytest.raises(UsageError, match=r"sources\.deskera\.access_token is missing"):
        configured(["deskera"])


@pytest.mark.parametrize(
    ("config", "environment", "said"),
    [
        (f'{CONFIG}[sources.deskra]\naccess_token = "x"', {}, "Did you mean 'deskera'?"),
        (f'{CONFIG}[sources.deskera]\nbase_ulr = "x"', {}, "Did you mean 'base_url'?"),
        (f'{CONFIG}[sources.deskera]\napi = {{activities = "v1"}}', {}, "no setting 'api'"),
        (CONFIG, {"SOURCES__DESKERRA__ACCESS_TOKEN": "x"}, "Did you mean 'deskera'?"),
        (CONFIG, {"SOURCES__DESKERA__ACCES_TOKEN": "x"}, "Did you mean 'access_token'?"),
        (CONFIG, {"ROUNDTRIP__WAREHOUSE": "raw_deskera.duckdb"}, "may not be called 'raw_deskera.duckdb'"),
    ],
)
def test_what_is_misspelt_of_any_crm_is_refused(
    read: Read, config: str, environment: dict[str, str], said: str
) -> None:
    assert said in refused(read, config, SECRETS, **environment)


def test_what_another_program_sets_of_its_own_sources_is_left_alone(read: Read) -> None:
    assert read(SOURCES__GITHUB__ACCESS_TOKEN="x").connection["company_domain"] == "filed"


def test_a_name_that_is_no_crms_is_refused_with_a_suggestion(read: Read) -> None:
    read()
    with pytest.raises(UsageError, match=r"no CRM 'deskerra'.* Did you mean 'deskera'"):
        configured(["deskerra"])


POSTGRES = {"ROUNDTRIP__DESTINATION": "postgres"}


@pytest.mark.parametrize("scheme", ["postgresql", "postgres"])
def test_a_postgres_warehouse_is_where_its_url_says(read: Read, scheme: str) -> None:
    secrets = (
        f'{SECRETS}[roundtrip]\npostgres_url = "{scheme}://me:p%40ss@db.example:5433/crm?sslmode=require"\n'
    )
    place = read(CONFIG, secrets, **POSTGRES).place
    assert place.postgres_url == "postgresql://me:p%40ss@db.example:5433/crm?sslmode=require"
    assert (place.title, place.database, place.user) == ("postgresql://db.example:5433/crm", "crm", "me")


def test_the_environment_wins_over_a_filed_url(read: Read) -> None:
    secrets = f'{SECRETS}[roundtrip]\npostgres_url = "postgresql://me:pass@filed/crm"\n'
    place = read(CONFIG, secrets, **POSTGRES, ROUNDTRIP__POSTGRES_URL="postgresql://me:pass@told/crm").place
    assert place.title == "postgresql://told/crm"


def test_postgres_without_a_url_is_refused_with_the_places_it_may_go(read: Read) -> None:
    message = refused(read, **POSTGRES)
    assert "roundtrip.postgres_url is missing" in message
    assert "ROUNDTRIP__POSTGRES_URL" in message
    assert ".dlt/secrets.toml" in message


def test_the_settings_that_a_debugger_shows_hold_no_database_password(read: Read) -> None:
    settings = read(**POSTGRES, ROUNDTRIP__POSTGRES_URL="postgresql://me:hush-hush@host/crm")
    assert "hush" not in repr(settings)


def test_what_becomes_of_renamed_fields_is_kept_or_followed(read: Read) -> None:
    assert read().place.renamed_fields == "keep"
    assert read(ROUNDTRIP__RENAMED_FIELDS="follow").place.renamed_fields == "follow"
    said = "roundtrip.renamed_fields must be 'keep' or 'follow', not 'forget'."
    assert said in refused(read, ROUNDTRIP__RENAMED_FIELDS="forget")
