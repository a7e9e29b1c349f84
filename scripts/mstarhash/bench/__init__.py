"""Timings beside peers."""
