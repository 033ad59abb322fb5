"""How things stand: watermarks, last runs, undeclared fields, budget left, and what is wrong. Reads the warehouse only.

reading.py  out of the warehouse
showing.py  for a person
"""

from pipelines.status.reading import Standing, read, read_all, summary
from pipelines.status.showing import show, show_all

__all__ = ["Standing", "read", "read_all", "show", "show_all", "summary"]
