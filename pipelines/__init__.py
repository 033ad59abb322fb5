"""What we run, in the order it runs; `__main__.py` is the way in."""
