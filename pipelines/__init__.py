"""What we run, in the order it runs; `cli.py` is the way in."""
