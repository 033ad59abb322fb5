"""Torture: sixty days of everything that can go wrong at once, and then the proof that nothing was lost or done twice.

    course.py     what happens when, out of a seed; pure
    project.py    the dbt project of the ordinary nights, and the push models
    meant.py      what the pushes mean, computed from the truth in plain Python
    zygote.py     the process that all commands are forked from
    commands.py   real commands in real processes, and what strikes them at which moment
    volume.py     disks that get full
    server.py     a Postgres server that is restarted under load
    readers.py    who reads what is published, all the time
    story.py      the days, one after the other
    judge.py      what must hold
    report.py     what was done, in figures

`python -m tests.torture --seed 7` tells all of it, and does the same again with the same seed.
"""
