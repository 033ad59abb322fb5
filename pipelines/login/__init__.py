"""Logging in to a CRM by OAuth, where an API token is not the way in.

settings.py   which of the two is used, and where the tokens are
command.py    `roundtrip login` and `roundtrip logout`
callback.py   waits for the browser to come back
pasting.py    takes what the browser shows, where none reaches this machine
granting.py   the permissions: which are needed, which were granted
standing.py   how long a login will last
"""
