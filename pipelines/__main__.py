"""`python -m pipelines` is `roundtrip`."""

from pipelines.cli import main

main()
