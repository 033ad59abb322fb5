"""What an account is set up with: users, activity types, currencies, pipelines and stages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sources.sandbox.names import FIRST_NAMES, LAST_NAMES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sources.sandbox.store import Record

LEFT_USERS: Final = {4: False, 7: True}
"""Users who have left, and whether they were deleted too; what they owned they still own."""

ZONES: Final = (
    ("Europe/Berlin", "+02:00"), ("Europe/Tallinn", "+03:00"), ("America/New_York", "-04:00"),
    ("Asia/Kolkata", "+05:30"), ("Europe/Lisbon", "+01:00"), ("Australia/Adelaide", "+09:30"),
    ("Etc/UTC", "+00:00"),
)  # fmt: skip
LOCALES: Final = ("en_US", "de_DE", "et_EE", "fr_FR", "es_ES", "pt_BR")
CURRENCIES: Final = (
    ("EUR", "Euro", 2, "€"), ("USD", "US Dollar", 2, "$"), ("GBP", "British Pound", 2, "£"),
    ("JPY", "Japanese Yen", 0, "¥"), ("SEK", "Swedish Krona", 2, "kr"), ("CZK", "Czech Koruna", 2, "Kč"),
    ("BRL", "Brazilian Real", 2, "R$"), ("KWD", "Kuwaiti Dinar", 3, "KD"),
)  # fmt: skip
ACTIVITY_TYPES: Final = (
    ("Call", "call", "call"), ("Meeting", "meeting", "meeting"), ("Task", "task", "task"),
    ("Deadline", "deadline", "deadline"), ("Email", "email", "email"), ("Lunch", "lunch", "lunch"),
    ("Site visit", "site_visit", "car"), ("Démo en ligne", "demo_en_ligne", "camera"),
    ("WhatsApp 💬", "whatsapp_", "bubble"), ("Fax", "fax", "document"),
)  # fmt: skip
STANDARD_TYPES: Final = 6
INACTIVE_TYPE: Final = "fax"
PIPELINES: Final = (
    ("Sales", True, (("Qualified", 10, None), ("Contact made", 25, 14), ("Demo scheduled", 45, 10),
                     ("Proposal made", 65, 21), ("Negotiations started", 85, 30))),
    ("Renewals", True, (("Due", 50, 60), ("Offer sent", 75, 14), ("Verbal yes", 95, None))),
    ("Partner – Süd", False, (("Neu", 100, None), ("Vereinbart", 100, None))),
)  # fmt: skip
BORN: Final = "2024-01-08T08:00:00Z"
BORN_V1: Final = "2024-01-08 08:00:00"
PERMISSION_SETS: Final = (
    ("sales", "62cc4d7f-4038-4352-abf3-a8c1c822b631"),
    ("global", "233b7976-39bd-43a9-b305-ef3a2b0998e5"),
    ("account_settings", "982c5ce5-b8ba-4b47-b102-9da024f4b990"),
)


def users(count: int) -> Iterator[Record]:
    """List the users: 1 administers everything, 2 is a regular one, some have left."""
    return (user(user_id, BORN_V1) for user_id in range(1, count + 1))


def user(user_id: int, created: str) -> Record:
    """Make up a user in the shape of v1, the only one there is."""
    first, last = FIRST_NAMES[user_id % 60], LAST_NAMES[user_id * 7 % 60]
    zone, offset = ZONES[user_id % len(ZONES)]
    active = user_id not in LEFT_USERS
    return {
        "id": user_id,
        "name": f"{first} {last}",
        "default_currency": CURRENCIES[user_id % 3][0],
        "locale": LOCALES[user_id % len(LOCALES)],
        "lang": 1 + user_id % len(LOCALES),
        "email": f"user{user_id}@sandbox.example.com",
        "phone": f"+49 30 {user_id:06}" if user_id % 3 else None,
        "activated": True,
        "last_login": created,
        "created": created,
        "modified": created,
        "has_created_company": user_id == 1,
        "access": access(user_id),
        "active_flag": active,
        "timezone_name": zone,
        "timezone_offset": offset,
        "role_id": 1 + user_id % 2,
        "icon_url": None,
        "is_you": user_id == 1,
        "is_deleted": LEFT_USERS.get(user_id, False),
    }


def access(user_id: int) -> list[Record]:
    """Let user 1 administer every app, every tenth user the sales one, the others none."""
    apps = PERMISSION_SETS if user_id == 1 else PERMISSION_SETS[:2]
    sales_admin = user_id % 10 == 0
    return [
        {"app": app, "admin": user_id == 1 or (sales_admin and app == "sales"), "permission_set_id": key}
        for app, key in apps
    ]


def currencies() -> Iterator[Record]:
    """List the currencies deals are kept in, and a custom one."""
    rows = [*CURRENCIES, ("PTS", "Loyalty points", 0, "pts")]
    for number, (code, name, decimals, symbol) in enumerate(rows, 1):
        yield {
            "id": number,
            "code": code,
            "name": name,
            "decimal_points": decimals,
            "symbol": symbol,
            "active_flag": code != "PTS",
            "is_custom_flag": code == "PTS",
        }


def activity_types() -> Iterator[Record]:
    """List the six types every account starts with, then custom ones, the last of them inactive."""
    for number, (name, key, icon) in enumerate(ACTIVITY_TYPES, 1):
        yield {
            "id": number,
            "order_nr": number,
            "name": name,
            "key_string": key,
            "icon_key": icon,
            "active_flag": key != INACTIVE_TYPE,
            "color": None if number % 2 else "FFFFFF",
            "is_custom_flag": number > STANDARD_TYPES,
            "add_time": BORN_V1,
            "update_time": BORN_V1,
        }


def pipelines() -> Iterator[Record]:
    """List three pipelines; one has never been edited and so has no update_time."""
    for number, (name, probability, _) in enumerate(PIPELINES, 1):
        yield {
            "id": number,
            "name": name,
            "order_nr": number,
            "is_deleted": False,
            "is_deal_probability_enabled": probability,
            "add_time": BORN,
            "update_time": BORN if number < len(PIPELINES) else None,
        }


def stages() -> Iterator[Record]:
    """List the stages of all pipelines, some of which let a deal rot."""
    rows = [
        (pipe, nr, *stage)
        for pipe, (_, _, group) in enumerate(PIPELINES, 1)
        for nr, stage in enumerate(group, 1)
    ]
    for number, (pipeline, order, name, probability, rotten) in enumerate(rows, 1):
        yield {
            "id": number,
            "order_nr": order,
            "name": name,
            "is_deleted": False,
            "deal_probability": probability,
            "pipeline_id": pipeline,
            "is_deal_rot_enabled": rotten is not None,
            "days_to_rotten": rotten,
            "add_time": BORN,
            "update_time": None if number == len(rows) else BORN,
        }
