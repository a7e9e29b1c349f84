"""Tables of sources that the user gives: FITS, VOTable, CSV or Parquet, with the usual names of columns."""

import gzip
from csv import reader
from pathlib import Path

import numpy as np

from mstarhash.common.errors import InputError

# our name: (unit or "text", the names looked for, in this order and in any case)
GAIA = {
    "source_id": ("text", "source_id Source DR3Name gaia_source_id source"),
    "ra": ("deg", "ra RA_ICRS RAdeg RAJ2000 _RAJ2000"),
    "dec": ("deg", "dec DE_ICRS DEdeg DEJ2000 _DEJ2000"),
    "ref_epoch": ("yr", "ref_epoch Epoch RefEpoch"),
    "parallax": ("mas", "parallax Plx plx"),
    "parallax_error": ("mas", "parallax_error e_Plx plx_error"),
    "pmra": ("mas/yr", "pmra pmRA pmra_cosdec"),
    "pmra_error": ("mas/yr", "pmra_error e_pmRA"),
    "pmdec": ("mas/yr", "pmdec pmDE"),
    "pmdec_error": ("mas/yr", "pmdec_error e_pmDE e_pmDEC"),
    "g": ("mag", "phot_g_mean_mag Gmag gaia_g_mean_mag g_mag"),
    "bp": ("mag", "phot_bp_mean_mag BPmag bp_mag"),
    "rp": ("mag", "phot_rp_mean_mag RPmag rp_mag"),
    "bp_rp": ("mag", "bp_rp BP-RP"),
    "a_g": ("mag", "a_g_val ag_gspphot AG"),
    "ruwe": ("", "ruwe"),
    "excess_noise": ("mas", "astrometric_excess_noise epsi"),
    "r_est": ("pc", "r_est r_med_geo rgeo r_med_photogeo rpgeo rest"),
    "r_lo": ("pc", "r_lo r_lo_geo b_rgeo r_lo_photogeo b_rpgeo b_rest"),
    "r_hi": ("pc", "r_hi r_hi_geo B_rgeo r_hi_photogeo B_rpgeo B_rest"),
    "plx_pmra": ("", "parallax_pmra_corr PlxpmRAcor"),
    "plx_pmdec": ("", "parallax_pmdec_corr PlxpmDEcor"),
    "pmra_pmdec": ("", "pmra_pmdec_corr pmRApmDEcor"),
}
TWOMASS = {
    "designation": ("text", "designation 2MASS _2MASS tmass_designation"),
    "ra": ("deg", "ra RAJ2000 _RAJ2000 RAdeg"),
    "dec": ("deg", "dec decl DEJ2000 _DEJ2000 DEdeg"),
    "j": ("mag", "j_m Jmag"),
    "j_err": ("mag", "j_msigcom e_Jmag j_cmsig"),
    "h": ("mag", "h_m Hmag"),
    "h_err": ("mag", "h_msigcom e_Hmag h_cmsig"),
    "k": ("mag", "k_m Kmag Ksmag ks_m"),
    "k_err": ("mag", "k_msigcom ks_msigcom e_Kmag e_Ksmag k_cmsig"),
    "qual": ("text", "ph_qual Qflg qfl"),
    "jdate": ("d", "jdate JD _JD"),
}
WISE = {
    "designation": ("text", "designation AllWISE WISE"),
    "ra": ("deg", "ra RAJ2000 _RAJ2000 RAdeg"),
    "dec": ("deg", "dec DEJ2000 _DEJ2000 DEdeg"),
    "w1": ("mag", "w1mpro W1mag"),
    "w1_err": ("mag", "w1sigmpro e_W1mag"),
    "w2": ("mag", "w2mpro W2mag"),
    "w2_err": ("mag", "w2sigmpro e_W2mag"),
    "qual": ("text", "ph_qual qph"),
}
NULLS = ["", "null", "NULL", "nan", "NaN", "NAN", "None", "--", "\\N"]
START = 1 << 20  # bytes looked at for the kind of a file; ECSV begins with many comments
SENTINELS = (-9999.0, -9999.9, -9999.99, -99999.0)  # as they stand in the table, in whatever unit
LOST = -9990.0  # in our units: this and below is nobody's value


class Table:
    """Columns of a table by our names; they are read when asked for."""

    def __init__(self, path, key, known):
        """path: file; key: the config key that names it, for messages; known: GAIA, TWOMASS or WISE."""
        self.path, self.key, self.known = str(path), key, known
        self.store = _open(self.path, key, known)
        lower = {}
        for name in self.store.names:
            lower.setdefault(name.lower(), name)
        self.found = {}
        for ours, (_, others) in known.items():
            names = [n for n in others.split() if n in self.store.names]
            names = names or [lower[n.lower()] for n in others.split() if n.lower() in lower]
            if names and names[0] not in self.found.values():  # b_rgeo and B_rgeo are two columns
                self.found[ours] = names[0]
        self.rows = self.store.rows

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.store.close()

    def need(self, *names):
        """Raise InputError where one of our names has no column."""
        for name in names:
            if name not in self.found:
                others = " or ".join(self.known[name][1].split())
                raise InputError(f"{self.path}: no column {others}; the table of {self.key} needs it")

    def __contains__(self, name):
        return name in self.found

    def get(self, name, rows=slice(None)):
        """(k,) of rows: texts, or float64 in our unit with NaN for what is missing; all missing without the column."""
        unit = self.known[name][0]
        if name not in self.found:
            return np.full(len(np.arange(self.rows)[rows]), "" if unit == "text" else np.nan)
        values, given = self.store.read(self.found[name], rows)
        return _texts(values) if unit == "text" else self._numbers(values, given, unit, name)

    def _numbers(self, values, given, unit, name):
        column = self.found[name]
        mask = np.ma.getmaskarray(values)
        values = np.ma.getdata(values)
        if values.dtype.kind in "SUO":
            text = _texts(values)
            try:
                values = np.array(["nan" if t in NULLS else t for t in text], dtype=float)
            except ValueError:
                raise InputError(
                    f"{self.path}: column {column} of the table of {self.key} is text, numbers wanted [{unit}]"
                ) from None
        out = np.array(values, dtype=float)
        for sentinel in SENTINELS:
            mask = mask | (np.abs(out - sentinel) < 1e-3)
        out *= self._factor(given, unit, column)
        out[mask | (out <= LOST) | ~np.isfinite(out)] = np.nan
        if unit == "mag":
            out[np.abs(out) > 90] = np.nan
        return out

    def _factor(self, given, unit, column):
        """What turns the table's unit into ours; 1 where it names none, and for epochs, days and magnitudes."""
        from astropy import units

        if unit in ("", "mag", "yr", "d") or not given.strip(" -"):
            return 1.0
        try:
            have = units.Unit(given)
            return 1.0 if have == units.dimensionless_unscaled else float(have.to(units.Unit(unit)))
        except (ValueError, units.UnitConversionError):
            raise InputError(
                f"{self.path}: column {column} of the table of {self.key} is in {given}; convert it to {unit}"
            ) from None


def _texts(values):
    """Texts of any column: bytes, objects, integers exactly; missing is empty."""
    mask, values = np.ma.getmaskarray(values), np.ma.getdata(values)
    if values.dtype.kind == "S":
        out = np.char.decode(values, "utf-8", "replace")
    elif values.dtype.kind == "f":
        out = np.array(["" if not np.isfinite(v) else f"{v:.0f}" for v in values.tolist()], dtype="U")
    elif values.dtype.kind == "O":
        out = np.array(
            ["" if v is None else v.decode("utf-8", "replace") if isinstance(v, bytes) else str(v) for v in values], "U"
        )
    else:
        out = values.astype("U")
    out = np.char.strip(out.reshape(len(values)).astype("U"))
    out[mask] = ""
    return out


def _open(path, key, known):
    """The reader of a file, by its first bytes, those within if it is compressed by gzip."""
    if not Path(path).is_file():
        raise InputError(f"{path}: no such file; it is the table of {key}")
    try:
        with open(path, "rb") as source:
            start = source.read(START)
        packed = start[:2] == b"\x1f\x8b"
        if packed:
            with gzip.open(path) as source:
                start = source.read(START)
        if start[:4] == b"PAR1":
            return _Parquet(path)
        if start[:9] == b"SIMPLE  =":
            return _Fits(path)
        if b"<VOTABLE" in start.upper():
            return _Votable(path)
        return _Csv(path, start, packed, known)
    except InputError:
        raise
    except Exception as error:
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(f"{path}: the table of {key} cannot be read: {reason}") from None


class _Fits:
    """The first binary table of a FITS file; columns are read when asked for."""

    def __init__(self, path):
        from astropy.io import fits

        self.file = fits.open(path, memmap=True)
        tables = [unit for unit in self.file if isinstance(unit, fits.BinTableHDU)]
        if not tables:
            raise InputError(f"{path}: no table in this FITS file")
        self.table = tables[0]
        self.names, self.rows = self.table.columns.names, len(self.table.data)

    def close(self):
        del self.table
        self.file.close()

    def read(self, name, rows):
        column = self.table.columns[name]
        values = np.asarray(self.table.data[name][rows])
        values = values.astype(values.dtype.newbyteorder("="))
        masked = values == column.null if column.null not in (None, "") and values.dtype.kind in "iu" else False
        return np.ma.array(values, mask=masked), column.unit or ""


class _Columns:
    """Columns of a table that is in memory."""

    def close(self):
        """Nothing is open."""

    def read(self, name, rows):
        column = self.table[name]
        return np.ma.asarray(column)[rows], str(column.unit) if column.unit is not None else ""


class _Votable(_Columns):
    def __init__(self, path):
        import warnings

        from astropy.io.votable import parse_single_table

        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self.table = parse_single_table(path, verify="ignore").to_table(use_names_over_ids=True)
        self.names, self.rows = self.table.colnames, len(self.table)


def _units(header):
    """{column: unit} of the YAML lines that astropy writes into ECSV and Parquet."""
    from astropy.table.meta import get_header_from_yaml

    return {column["name"]: str(column.get("unit", "")) for column in get_header_from_yaml(header)["datatype"]}


class _Arrow:
    """Columns of an Arrow table."""

    units = {}  # of the columns that have one

    def close(self):
        """Nothing is open."""

    def column(self, name):
        raise NotImplementedError

    def read(self, name, rows):
        import pyarrow

        column = self.column(name).combine_chunks()
        if isinstance(column, pyarrow.ChunkedArray):
            column = pyarrow.concat_arrays(column.chunks) if column.num_chunks else pyarrow.array([], column.type)
        mask = column.is_null().to_numpy(zero_copy_only=False)
        if pyarrow.types.is_integer(column.type):
            column = column.fill_null(0)
        if pyarrow.types.is_null(column.type):
            values = np.full(len(column), np.nan)
        else:
            values = column.to_numpy(zero_copy_only=False)
        return np.ma.array(values, mask=mask)[rows], self.units.get(name, "")


class _Parquet(_Arrow):
    def __init__(self, path):
        from pyarrow import parquet

        self.file = parquet.ParquetFile(path)
        schema = self.file.schema_arrow
        self.names, self.rows = schema.names, self.file.metadata.num_rows
        self.units = {one.name: one.metadata[b"unit"].decode() for one in schema if b"unit" in (one.metadata or {})}
        if b"table_meta_yaml" in (schema.metadata or {}):
            self.units |= _units(schema.metadata[b"table_meta_yaml"].decode().splitlines())

    def close(self):
        self.file.close()

    def column(self, name):
        return self.file.read(columns=[name]).column(0)


class _Csv(_Arrow):
    """Separated by comma, bar, semicolon or tab; lines that begin with # before the header are skipped. Or ECSV, where
    these lines tell units and the separator may be a blank.

    Only columns that are known are kept, numbers as float64 and texts as they stand.
    """

    def __init__(self, path, start, packed, known):
        import pyarrow
        from pyarrow import csv

        lines = start.decode("utf-8-sig", "replace").splitlines()
        skip = next((number for number, line in enumerate(lines) if line.strip() and line[0] != "#"), None)
        if skip is None:
            raise InputError(f"{path}: an empty file; a header line with the names of the columns is needed")
        header = lines[skip]
        if "\0" in header:
            raise InputError(f"{path}: neither FITS, VOTable, CSV nor Parquet")
        separator = max(",|;\t", key=header.count)
        if lines[0].startswith("# %ECSV"):
            self.units = _units([line[2:] for line in lines[1:skip]])
            separator = separator if separator in header else " "
        self.names = [name.strip().strip('"').strip() for name in next(reader([header], delimiter=separator))]
        kinds = {"text": pyarrow.string()}
        kinds = {
            name.lower(): kinds.get(unit, pyarrow.float64()) for unit, names in known.values() for name in names.split()
        }
        types = {name: kinds[name.lower()] for name in self.names if name.lower() in kinds}
        if not any(line.strip() for line in lines[skip + 1 :]):  # nothing under the names
            self.table, self.rows = pyarrow.schema(types.items()).empty_table(), 0
            return
        with pyarrow.input_stream(path, compression="gzip" if packed else None) as source:
            self.table = csv.read_csv(
                source,
                read_options=csv.ReadOptions(skip_rows=skip + 1, column_names=self.names, use_threads=False),
                parse_options=csv.ParseOptions(delimiter=separator),
                convert_options=csv.ConvertOptions(
                    null_values=NULLS, strings_can_be_null=True, column_types=types, include_columns=list(types)
                ),
            )
        self.rows = self.table.num_rows

    def column(self, name):
        return self.table.column(name)
