"""Pipedrive: facts in `entities.py`, behaviour in `client.py`, its imitation in `sandbox/`, sources in `API.md`."""

from sources.crm import Crm
from sources.pipedrive import client, recents, scopes
from sources.pipedrive.entities import ENTITIES
from sources.pipedrive.login import LOGIN
from sources.pipedrive.pushes import LEGACY_PUSHES, PUSHES
from sources.pipedrive.writer import Writer

PIPEDRIVE = Crm(
    name="pipedrive",
    entities=ENTITIES,
    connect=client.connect,
    settings={
        "company_domain": "the first part of the address your browser shows: acme for https://acme.pipedrive.com",
        "api_token": "*the API token, from Settings, Personal preferences, API",
    },
    options={"trusted_host": client.TRUSTED_HOST},
    identify=client.identify,
    deletions=recents.deletions,
    deletions_reach=recents.REACH,
    deleted_for=recents.KEPT,
    identify_cost=client.IDENTIFY_COST,
    deletions_cost=recents.COST,
    deletions_page=recents.PAGE,
    identify_scopes=scopes.BASE,
    deletions_scopes=scopes.RECENTS,
    # Activities have fields too, but v2 sends no values of custom ones.
    field_lists={
        "deals": "deal_fields",
        "persons": "person_fields",
        "organizations": "organization_fields",
        "products": "product_fields",
    },
    login=LOGIN,
    writer=Writer,
    pushes=PUSHES,
    legacy_pushes=LEGACY_PUSHES,
)
