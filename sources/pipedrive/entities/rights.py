"""Who may do what: roles and permission sets, and who has them. Admins only."""

from sources.entity import Entity, Listing, Parent, fields
from sources.pipedrive import scopes, shapes
from sources.pipedrive.entities.lists import by_offset, whole

ROLE = Parent("roles", "role_id", (), always=True)

ROLES = Entity(
    "roles",
    description="Roles that users have; admins only.",
    scopes=scopes.ADMIN,
    lists=(by_offset("roles"),),
    default=False,
    optional=True,
    fields=fields(
        "id int, parent_role_id int, name text, active_flag bool, assignment_count text, sub_role_count text,"
        "level int, description text"
    ),
)

PERMISSION_SETS = Entity(
    "permission_sets",
    description="Sets of permissions that users have in each app; admins only.",
    scopes=scopes.ADMIN,
    lists=(whole("permissionSets", 20),),
    default=False,
    optional=True,
    fields=fields("id text, name text, description text, app text, type text, assignment_count int"),
)

ROLE_ASSIGNMENTS = Entity(
    "role_assignments",
    description="Users who have each role.",
    scopes=scopes.ADMIN,
    lists=(by_offset("roles/{id}/assignments", 10),),
    parent=Parent("roles", "role_id", ("user_id",), always=True),
    default=False,
    optional=True,
    fields=fields(
        "id text, user_id int, role_id int, parent_role_id int, name text, active_flag bool, type text"
    ),
)

ROLE_SETTINGS = Entity(
    "role_settings",
    description="What those who have a role may see, and what others see of theirs.",
    scopes=scopes.ADMIN,
    lists=(Listing("/v1/roles/{id}/settings", 20, paging="none", adapt=shapes.single),),
    parent=ROLE,
    default=False,
    optional=True,
    fields=fields(
        "id text, role_id int, deal_default_visibility int, lead_default_visibility int,"
        "org_default_visibility int, person_default_visibility int, product_default_visibility int,"
        "deal_access_level int, org_access_level int, person_access_level int, product_access_level int"
    ),
)

ROLE_PIPELINES = Entity(
    "role_pipelines",
    description="Pipelines that those who have a role may see.",
    scopes=scopes.ADMIN,
    lists=(Listing("/v1/roles/{id}/pipelines", 20, paging="none", adapt=shapes.single),),
    parent=ROLE,
    default=False,
    optional=True,
    fields=fields("id text, role_id int, pipeline_ids json, visible bool"),
)

PERMISSION_SET_ASSIGNMENTS = Entity(
    "permission_set_assignments",
    description="Users who have each permission set.",
    scopes=scopes.ADMIN,
    lists=(by_offset("permissionSets/{id}/assignments"),),
    parent=Parent("permission_sets", "permission_set_id", ("user_id",), always=True),
    default=False,
    optional=True,
    fields=fields("id text, user_id int, permission_set_id text, name text"),
)
