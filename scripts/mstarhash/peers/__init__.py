"""Other ways to search, on the same spectra."""
