"""The CRMs we speak to, by hand: adding one is a folder and a line here."""

from collections.abc import Mapping

from sources.crm import Crm
from sources.deskera import DESKERA
from sources.pipedrive import PIPEDRIVE

CRMS: Mapping[str, Crm] = {crm.name: crm for crm in (PIPEDRIVE, DESKERA)}
