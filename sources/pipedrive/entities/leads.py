"""Leads and what they refer to."""

from sources.entity import Entity, fields
from sources.pipedrive import scopes
from sources.pipedrive.entities.lists import by_offset, whole

LEAD_LABELS = Entity(
    "lead_labels",
    description="Labels of leads.",
    scopes=scopes.LEADS,
    lists=(whole("leadLabels", 10),),
    fields=fields("id text, name text, color text, add_time time, update_time time"),
)

LEAD_SOURCES = Entity(
    "lead_sources",
    description="Where leads come from, by name.",
    scopes=scopes.LEADS,
    lists=(whole("leadSources", 2),),
    primary_key="name",
    fields=fields("name text"),
)

LEAD_FIELDS = Entity(
    "lead_fields",
    description="Fields of leads; they share the custom fields of deals.",
    scopes=scopes.LEAD_FIELDS,
    lists=(by_offset("leadFields"),),
    primary_key="key",
    default=False,
    fields=fields(
        "id int, key text, name text, order_nr int, field_type text, add_time time, update_time time,"
        "last_updated_by_user_id int, created_by_user_id int, active_flag bool, edit_flag bool,"
        "index_visible_flag bool, details_visible_flag bool, add_visible_flag bool, important_flag bool,"
        "bulk_edit_allowed bool, searchable_flag bool, filtering_allowed bool, sortable_flag bool,"
        "mandatory_flag json, options json, options_deleted json, is_subfield bool, subfields json"
    ),
)

# Archived ones cannot be asked for by changes, so both lists are read whole.
LEADS = Entity(
    "leads",
    description="Leads, archived ones included.",
    scopes=scopes.LEADS,
    lists=(
        by_offset("leads", holds="not is_archived", sort="id ASC"),
        by_offset("leads/archived", 40, holds="is_archived", sort="id ASC"),
    ),
    fields=fields(
        "id text, title text, owner_id int, creator_id int, label_ids json, person_id int, organization_id int,"
        "source_name text, origin text, origin_id text, channel int, channel_id text, source_deal_id int,"
        "is_archived bool, was_seen bool, value json, expected_close_date date, next_activity_id int,"
        "add_time time, update_time time, visible_to text, cc_email text"
    ),
)
