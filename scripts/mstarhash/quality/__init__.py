"""How well the search does: evaluation, injected spectra, worse surveys."""
