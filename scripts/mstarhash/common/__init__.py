"""What every step needs: the config as flags, errors in one line, files that are whole or absent, progress, threads."""
