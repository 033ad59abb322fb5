"""Upgrades, tested with warehouses that earlier commits of this repository have made."""
