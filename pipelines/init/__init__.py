"""`roundtrip init`: the settings files, from a few questions or options. It never changes what is set.

    command.py   the command and its options
    asking.py    what is to be set, checked as any command checks it
    filling.py   how a setting is put into a file that is there
    writing.py   what becomes of each file, and writing it

`config.toml` and `secrets.toml` here are what new files begin as.
"""
