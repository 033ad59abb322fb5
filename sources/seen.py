"""Sets of keys, such as those met in a run: a few bits for each number."""

from collections.abc import Sequence
from typing import Any

from pyroaring import BitMap64


class Seen:
    """A set of keys."""

    def __init__(self) -> None:
        self._keys: Any = None

    def first_time(self, keys: Sequence[Any]) -> list[bool] | None:
        """Which keys are met for the first time; None when all are."""
        if not keys:
            return None
        batch: Any = BitMap64(keys) if isinstance(keys[0], int) else set(keys)
        if self._keys is None:
            self._keys = type(batch)()
        if len(batch) == len(keys) and self._keys.isdisjoint(batch):
            self._keys |= batch
            return None
        return [self.add(key) for key in keys]

    def add(self, key: object) -> bool:
        """Add a key; whether it is met for the first time."""
        if self._keys is None:
            self._keys = BitMap64() if isinstance(key, int) else set()
        new = key not in self._keys
        self._keys.add(key)
        return new

    def without(self, other: "Seen") -> list[Any]:
        """The keys that the other set lacks."""
        return [key for key in self._keys or () if key not in other]

    def __contains__(self, key: object) -> bool:
        return self._keys is not None and key in self._keys

    def __len__(self) -> int:
        return len(self._keys or ())
