"""What a spectrum is: its identity and kind, the grid, the HDF5 files that hold it, and templates of stars."""
