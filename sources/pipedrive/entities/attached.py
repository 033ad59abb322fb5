"""What is attached to records: notes, files, calls and mail."""

from sources.entity import Entity, Listing, Parent, fields
from sources.pipedrive import scopes, shapes
from sources.pipedrive.entities.lists import by_offset

NOTES = Entity(
    "notes",
    description="Notes on deals, leads, persons, organizations, projects and tasks.",
    scopes=scopes.NOTES,
    lists=(by_offset("notes", since="updated_since", sort="id ASC"),),
    watermark="update_time",
    deletion="recents",
    recents_item="note",
    # The list has no is_deleted; what recent changes tell of deleted notes has.
    fields=fields(
        "id int, user_id int, deal_id int, person_id int, org_id int, lead_id text, project_id int, task_id int,"
        "content text, add_time time, update_time time, active_flag bool, is_deleted bool,"
        "last_update_user_id int, pinned_to_deal_flag bool, pinned_to_lead_flag bool,"
        "pinned_to_organization_flag bool, pinned_to_person_flag bool, pinned_to_project_flag bool,"
        "pinned_to_task_flag bool, deal json, person json, organization json, project json, task json, user json"
    ),
)

FILES = Entity(
    "files",
    description="Files attached to records: what they are called and belong to, not what is in them.",
    scopes=scopes.ATTACHED,
    lists=(by_offset("files", page_size=100, sort="id ASC"),),
    default=False,
    fields=fields(
        "id int, user_id int, deal_id int, person_id int, org_id int, product_id int, activity_id int,"
        "lead_id text, project_id int, log_id int, add_time time, update_time time, file_name text,"
        "file_type text, file_size int, active_flag bool, inline_flag bool, remote_location text, remote_id text,"
        "cid text, s3_bucket text, mail_message_id text, mail_template_id text, deal_name text,"
        "person_name text, lead_name text, project_name text, org_name text, product_name text, url text,"
        "name text, description text"
    ),
)

CALL_LOGS = Entity(
    "call_logs",
    description="Logged phone calls of the token's user.",
    scopes=scopes.CALLS,
    lists=(by_offset("callLogs", page_size=50),),
    default=False,
    optional=True,
    fields=fields(
        "id text, activity_id int, person_id int, org_id int, deal_id int, lead_id text, subject text,"
        "duration text, outcome text, from_phone_number text, to_phone_number text, has_recording bool,"
        "start_time time, end_time time, user_id int, company_id int, note text"
    ),
)

MAIL_THREADS = Entity(
    "mail_threads",
    description="Mail threads in the folders of the token's user: who, when, about what.",
    scopes=scopes.MAIL,
    lists=tuple(
        by_offset("mailbox/mailThreads", folder=folder, holds=f"folders::varchar like '%\"{folder}\"%'")
        for folder in ("inbox", "drafts", "sent", "archive")
    ),
    default=False,
    optional=True,
    fields=fields(
        "id int, account_id text, user_id int, subject text, snippet text, snippet_draft text, snippet_sent text,"
        "parties json, drafts_parties json, folders json, version float, message_count int, read_flag int,"
        "mail_tracking_status text, has_attachments_flag int, has_inline_attachments_flag int,"
        "has_real_attachments_flag int, has_draft_flag int, has_sent_flag int, archived_flag int,"
        "deleted_flag int, shared_flag int, synced_flag int, external_deleted_flag int, smart_bcc_flag int,"
        "first_message_to_me_flag int, mail_link_tracking_enabled_flag int, all_messages_sent_flag int,"
        "last_message_timestamp time, first_message_timestamp time, last_message_sent_timestamp time,"
        "last_message_received_timestamp time, add_time time, update_time time, deal_id int, deal_status text,"
        "lead_id text"
    ),
)

NOTE_COMMENTS = Entity(
    "note_comments",
    description="Comments on notes.",
    scopes=scopes.NOTES,
    lists=(by_offset("notes/{id}/comments"),),
    primary_key="uuid",
    parent=Parent("notes", "note_id"),
    default=False,
    fields=fields(
        "uuid text, note_id int, active_flag bool, add_time time, update_time time, content text, object_id text,"
        "object_type text, user_id int, updater_id int, company_id int"
    ),
)

MAIL_MESSAGES = Entity(
    "mail_messages",
    description="Mails of the threads: who, when, about what; not their texts.",
    scopes=scopes.MAIL,
    lists=(
        Listing("/v1/mailbox/mailThreads/{id}/mailMessages", 20, paging="none", adapt=shapes.mail_messages),
    ),
    parent=Parent("mail_threads", "mail_thread_id"),
    default=False,
    optional=True,
    fields=fields(
        "id int, mail_thread_id int, account_id text, user_id int, subject text, snippet text, read_flag int,"
        "mail_tracking_status text, has_attachments_flag int, has_inline_attachments_flag int,"
        "has_real_attachments_flag int, deleted_flag int, synced_flag int, smart_bcc_flag int,"
        "mail_link_tracking_enabled_flag int, from json, to json, cc json, bcc json, draft text, draft_flag int,"
        "has_body_flag int, sent_flag int, sent_from_pipedrive_flag int, message_time time, add_time time,"
        "update_time time"
    ),
)
