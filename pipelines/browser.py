"""Opens a page for who sits in front of this machine."""

import os
import sys
import webbrowser


def open_page(address: str) -> bool:
    """Open it, where there is a screen; without one, a browser would be one in the terminal, if any."""
    has_screen = sys.platform != "linux" or os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    return bool(has_screen) and webbrowser.open(address)
