"""What is told of stars: sources of tables, distance, luminosity, activity, motion."""
