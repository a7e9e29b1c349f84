"""The catalogue: its columns, its two tables, each format, release notes."""
