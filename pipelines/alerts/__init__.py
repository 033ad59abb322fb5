"""Somebody is told when something is wrong: by a webhook, by mail, and by the lack of a ping.

    settings.py  which channels there are
    channel.py   what a channel is, and how long it may take
    webhook.py, mail.py, ping.py; http.py is what two of them ask by
    outcome.py   what the end of a command says by itself
    standing.py  what was told before, and what is due now
    book.py      where that is kept: `ops.alerts`
    message.py   how it is told
    telling.py   all of it, in order
    watching.py  around a command

What is wrong is judged by pipelines/health, for alerts and `roundtrip status` alike.
"""
