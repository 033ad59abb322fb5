"""Lists whose pages have numbers, and in which what changed last stands first."""
