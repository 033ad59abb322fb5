"""The reporting tables, reckoned a second time: in plain Python, from what the sandbox holds, knowing no SQL."""
