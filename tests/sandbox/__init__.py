"""The sandbox over real HTTP: what a client could trip on."""
