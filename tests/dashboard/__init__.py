"""The dashboard in a real browser, written from tables that the real pipeline published."""
