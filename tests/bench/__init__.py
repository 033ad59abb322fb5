"""Speed and memory, as ratios against a floor taken in the same run: `python -m tests.bench`.

A figure in seconds says as much about the machine as about the code; a ratio between two ways to read the same pages,
taken in turn on one machine, says more about the code. So every way of reading is measured in a process of its own,
with a warehouse of its own, against one sandbox that is a process of its own too and never waits for anybody.
"""
