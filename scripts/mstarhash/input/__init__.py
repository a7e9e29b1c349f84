"""From files as they come to rows of `ingest` and `rebin`: FITS, headers, lists of files, usable pixels, noise."""
