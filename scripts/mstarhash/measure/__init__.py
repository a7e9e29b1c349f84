"""What is measured on one spectrum: indices, H-alpha, zeta, subtype, radial velocity, and the errors of these."""
