"""Projects: boards, phases, templates, tasks. A plan without projects answers none of it."""

from sources.entity import Entity, Listing, Parent, fields
from sources.pipedrive import scopes
from sources.pipedrive.entities.lists import by_cursor

BOARDS = Entity(
    "boards",
    description="Boards of projects.",
    scopes=scopes.PROJECTS,
    lists=(Listing("/api/v2/boards", 10, paging="none"),),
    optional=True,
    fields=fields("id int, name text, order_nr int, add_time time, update_time time"),
)

PROJECT_FIELDS = Entity(
    "project_fields",
    description="Fields of project records; custom ones have a 40-character `field_code`.",
    scopes=scopes.PROJECT_FIELDS,
    lists=(by_cursor("projectFields"),),
    primary_key="field_code",
    optional=True,
    fields=fields(
        "field_code text, field_name text, field_type text, options json, subfields json, is_custom_field bool,"
        "is_optional_response_field bool, ui_visibility json, important_fields json, required_fields json"
    ),
)

PROJECT_TEMPLATES = Entity(
    "project_templates",
    description="Templates that projects are made from.",
    scopes=scopes.PROJECTS,
    lists=(by_cursor("projectTemplates"),),
    default=False,
    optional=True,
    fields=fields(
        "id int, title text, description text, projects_board_id int, owner_id int, add_time time,"
        "update_time time"
    ),
)

PROJECTS = Entity(
    "projects",
    description="Projects, archived ones included.",
    scopes=scopes.PROJECTS,
    lists=(
        by_cursor("projects", holds="archive_time is null"),
        by_cursor("projects/archived", holds="archive_time is not null"),
    ),
    optional=True,
    fields=fields(
        "id int, title text, description text, status text, board_id int, phase_id int, owner_id int,"
        "start_date date, end_date date, deal_ids json, person_ids json, org_ids json, label_ids json,"
        "health_status int, add_time time, update_time time, status_change_time time, archive_time time,"
        "custom_fields json"
    ),
)

TASKS = Entity(
    "tasks",
    description="Tasks of projects.",
    scopes=scopes.PROJECTS,
    lists=(by_cursor("tasks"),),
    optional=True,
    fields=fields(
        "id int, title text, creator_id int, description text, project_id int, is_done bool, is_milestone bool,"
        "due_date date, start_date date, parent_task_id int, assignee_ids json, priority int, add_time time,"
        "update_time time, marked_as_done_time time"
    ),
)

# Boards are few, and a phase that is renamed does not change its board.
PHASES = Entity(
    "phases",
    description="Phases of project boards, in order.",
    scopes=scopes.PROJECTS,
    lists=(Listing("/api/v2/phases", 10, {"board_id": "{id}"}, paging="none"),),
    parent=Parent("boards", "board_id", always=True),
    optional=True,
    fields=fields("id int, name text, board_id int, order_nr int, add_time time, update_time time"),
)

PROJECT_CHANGES = Entity(
    "project_changes",
    description="Every change of projects, with the values before and after.",
    scopes=scopes.PROJECTS,
    lists=(by_cursor("projects/{id}/changelog"),),
    parent=Parent("projects", "project_id", ("time", "actor_user_id", "old_values", "new_values")),
    default=False,
    optional=True,
    fields=fields(
        "id text, project_id int, change_source text, change_source_user_agent text, time time, new_values json,"
        "old_values json, actor_user_id int"
    ),
)

PROJECT_PLANS = Entity(
    "project_plans",
    description="Which tasks and activities stand where in the plan of projects.",
    scopes=scopes.PROJECTS,
    lists=(Listing("/v1/projects/{id}/plan", 20, paging="none"),),
    parent=Parent("projects", "project_id", ("item_type", "item_id")),
    default=False,
    optional=True,
    fields=fields("id text, project_id int, item_id int, item_type text, phase_id int, group_id int"),
)

PROJECT_GROUPS = Entity(
    "project_groups",
    description="Groups in the plan of projects.",
    scopes=scopes.PROJECTS,
    lists=(Listing("/v1/projects/{id}/groups", 20, paging="none"),),
    parent=Parent("projects", "project_id"),
    default=False,
    optional=True,
    fields=fields("id int, project_id int, name text, order_nr int"),
)
