"""The words of a status row, and the bits of `flags` and `mask`, each with its meaning."""

STATUS = {
    "ok": "kept, perhaps with flags",
    "unreadable": "no FITS file, cut short, damaged, not permitted, or gone",
    "wrong_shape": "a FITS file, but not one spectrum: rows, columns or wavelengths are missing",
    "few_pixels": "too small a share of usable pixels in 3900-9000 A (ingest.min_good)",
    "duplicate": "the same bytes as a file that comes before it",
}

# Bits of `flags`, in the order of their value (1, 2, 4, ...). Never change the place of one.
FLAGS = {
    "no_position": "RA or DEC missing or out of range",
    "no_obsid": "no OBSID in the header nor in the catalogue (DR1, DR2)",
    "obsid_invalid": "OBSID is not a positive number (16-bit overflow in DR3)",
    "name_mismatch": "header and file name disagree on lmjd, planid, spid or fiberid; the header is used",
    "header_damaged": "a header card that was needed cannot be read; taken as missing",
    "wavelength_rebuilt": "no wavelengths in the file (DR1, pilot) or broken ones: from COEFF0, COEFF1",
    "wavelength_mismatch": "the file's wavelengths are broken or disagree with COEFF0, COEFF1 by over 0.1 pixel",
    "no_coeff": "no COEFF0, COEFF1: the grid is fitted to the wavelengths, or from CRVAL1, CD1_1",
    "resampled": "wavelengths are not log-linear within 0.05 pixel: rebinned, flux conserved, to a log grid",
    "negative_ivar": "inverse variance below 0 somewhere; masked",
    "not_finite": "NaN or infinite flux or inverse variance somewhere; masked",
    "same_identity": "another file of other bytes has the same identity; later ones name the first in duplicate_of",
    "from_catalogue": "class and subclass (and z, if it has that column) come from input.catalogue",
    "candidate": "searched as unclassified since input.candidates says so; subclass is still the survey's, z is none",
}

# Bits of `mask`: 0 = usable.
MASK = {
    "andmask": "ANDMASK is set: bad in every exposure",
    "no_ivar": "inverse variance 0 or not finite",
    "negative_ivar": "inverse variance below 0 (stored as 0)",
    "bad_flux": "flux NaN or infinite",
    "zero_run": "exactly 0 over ingest.zero_run pixels or more, or up to an end of the spectrum",
    "flat_run": "exactly the same value, not 0, over ingest.flat_run pixels or more",
    "padding": "beyond the last pixel of this spectrum (npix)",
}

FLAG = {name: 1 << place for place, name in enumerate(FLAGS)}
BIT = {name: 1 << place for place, name in enumerate(MASK)}


def flag_names(value):
    """The names of the bits that are set in `flags`, comma-separated."""
    return ",".join(name for name, bit in FLAG.items() if int(value) & bit)


class Rejected(Exception):
    """A file that is quarantined: `status` is one of STATUS, the text a sentence that says why."""

    def __init__(self, status, reason):
        super().__init__(reason)
        self.status = status
