"""Deskera: facts in `entities.py`, behaviour in `client.py`, its imitation in `sandbox/`, sources in `API.md`."""

import pendulum

from sources.crm import Crm
from sources.deskera import client
from sources.deskera.entities import ENTITIES
from sources.deskera.pushes import PUSHES
from sources.deskera.writer import Writer

DESKERA = Crm(
    name="deskera",
    entities=ENTITIES,
    connect=client.connect,
    settings={"access_token": "*the access token of the user or app that reads, sent as x-access-token"},
    options={
        "base_url": f"the address of Deskera's API, where it is not {client.BASE_URL}",
        "trusted_host": client.TRUSTED_HOST,
    },
    identify=client.identify,
    # What was deleted shows in nothing but its absence: whole lists are read for it, as their entities say.
    deletions=client.no_deletions,
    deletions_reach=pendulum.duration(),
    deleted_for=pendulum.duration(),
    identify_cost=client.IDENTIFY_COST,
    writer=Writer,
    pushes=PUSHES,
)
