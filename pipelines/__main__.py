"""The way in: `roundtrip`, and `python -m pipelines`."""

import sys


def main() -> None:
    """Run the command; it takes seconds to be read, and whoever interrupts that shall see no traceback."""
    try:
        from pipelines import cli  # noqa: PLC0415 (that is what takes seconds)
    except KeyboardInterrupt:
        sys.exit(130)
    cli.main()


if __name__ == "__main__":
    main()
