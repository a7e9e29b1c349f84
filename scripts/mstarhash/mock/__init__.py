"""The mock survey: who is in it, what their spectra and tables look like, and the truth."""
