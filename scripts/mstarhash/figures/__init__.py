"""A module for each figure, and what they have in common."""
