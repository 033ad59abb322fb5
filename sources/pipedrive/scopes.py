"""The scopes of Pipedrive's OAuth: for each kind of endpoint those of which any is enough, the least first.

An app has the scopes that are ticked in its registration, and those who log in grant all of them or none.
"""

BASE = ("base",)
"""Every app has it."""
DEALS = ("deals:read", "deals:full")
CONTACTS = ("contacts:read", "contacts:full")
PRODUCTS = ("products:read", "products:full")
ACTIVITIES = ("activities:read", "activities:full")
LEADS = ("leads:read", "leads:full")
PROJECTS = ("projects:read", "projects:full")
GOALS = ("goals:read", "goals:full")
MAIL = ("mail:read", "mail:full")
USERS = ("users:read",)
CALLS = ("phone-integration",)
ADMIN = ("admin",)
CHANGES = ("recents:read",)
"""Changelogs and flows."""
RECENTS = ("recents:read", "search:read")
PIPELINES = (*DEALS, "admin")
LEAD_FIELDS = (*LEADS, "admin")
DEAL_FIELDS = (*DEALS, "admin", "deal-fields:full")
CONTACT_FIELDS = (*CONTACTS, "admin", "contact-fields:full")
PRODUCT_FIELDS = (*PRODUCTS, "product-fields:full")
PROJECT_FIELDS = (*PROJECTS, "project-fields:full")
DEAL_PRODUCTS = (*DEALS, *PRODUCTS)
NOTES = (*DEALS, *CONTACTS)
ATTACHED = (*DEALS, *ACTIVITIES, *CONTACTS)
"""Files and filters."""
ACTIVITY_TYPES = (*ACTIVITIES, "admin")
WRITE_DEALS, WRITE_CONTACTS, WRITE_ACTIVITIES = ("deals:full",), ("contacts:full",), ("activities:full",)
