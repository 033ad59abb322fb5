"""What Pipedrive holds: one block an entity. These are the files to touch when the API grows.

Source: Pipedrive's OpenAPI documents of 2026-08-18 (v2, v1) and 2026-01-14 (the v1 collections); see API.md beside this
folder for what is verified and what is assumed. Field order is the API's.
"""

from sources.entity import Entity
from sources.pipedrive.entities.attached import (
    CALL_LOGS,
    FILES,
    MAIL_MESSAGES,
    MAIL_THREADS,
    NOTE_COMMENTS,
    NOTES,
)
from sources.pipedrive.entities.company import (
    ACTIVITY_TYPES,
    BILLING_ADDONS,
    CURRENCIES,
    FIELD_LISTS,
    FILTERS,
    GOALS,
    NOTE_FIELDS,
    PIPELINES,
    STAGES,
    USER_CONNECTIONS,
    USERS,
    WEBHOOKS,
)
from sources.pipedrive.entities.leads import LEAD_FIELDS, LEAD_LABELS, LEAD_SOURCES, LEADS
from sources.pipedrive.entities.of_records import (
    DEAL_DISCOUNTS,
    DEAL_INSTALLMENTS,
    DEAL_PARTICIPANT_CHANGES,
    DEAL_PARTICIPANTS,
    DEAL_PRODUCTS,
    HISTORIES,
    ORGANIZATION_RELATIONSHIPS,
    PRODUCT_VARIATIONS,
)
from sources.pipedrive.entities.projects import (
    BOARDS,
    PHASES,
    PROJECT_CHANGES,
    PROJECT_FIELDS,
    PROJECT_GROUPS,
    PROJECT_PLANS,
    PROJECT_TEMPLATES,
    PROJECTS,
    TASKS,
)
from sources.pipedrive.entities.records import ACTIVITIES, DEALS, ORGANIZATIONS, PERSONS, PRODUCTS
from sources.pipedrive.entities.rights import (
    PERMISSION_SET_ASSIGNMENTS,
    PERMISSION_SETS,
    ROLE_ASSIGNMENTS,
    ROLE_PIPELINES,
    ROLE_SETTINGS,
    ROLES,
)

ENTITIES: dict[str, Entity] = {
    entity.name: entity
    for entity in (
        *(USERS, PIPELINES, STAGES, ACTIVITY_TYPES, CURRENCIES, *FIELD_LISTS),
        *(LEAD_LABELS, LEAD_SOURCES, LEAD_FIELDS, BOARDS, PROJECT_FIELDS, PROJECT_TEMPLATES, NOTE_FIELDS),
        *(FILTERS, GOALS, ROLES, PERMISSION_SETS, WEBHOOKS, USER_CONNECTIONS, BILLING_ADDONS),
        *(ORGANIZATIONS, PERSONS, PRODUCTS, PROJECTS, TASKS, LEADS, NOTES, FILES, CALL_LOGS, MAIL_THREADS),
        *(DEALS, ACTIVITIES),
        *(
            PHASES,
            DEAL_PRODUCTS,
            DEAL_INSTALLMENTS,
            DEAL_DISCOUNTS,
            DEAL_PARTICIPANTS,
            DEAL_PARTICIPANT_CHANGES,
        ),
        *(PRODUCT_VARIATIONS, ORGANIZATION_RELATIONSHIPS, NOTE_COMMENTS, MAIL_MESSAGES, *HISTORIES),
        *(PROJECT_CHANGES, PROJECT_PLANS, PROJECT_GROUPS),
        *(ROLE_ASSIGNMENTS, ROLE_SETTINGS, ROLE_PIPELINES, PERMISSION_SET_ASSIGNMENTS),
    )
}
"""Every entity, the small and referenced ones first, what belongs to single records last."""
