"""Write docs/catalogue.md: the products of the catalogue and every column, from config/catalogue.schema.json.

python scripts/column_reference.py
"""

import argparse
import sys
from pathlib import Path

from mstarhash.catalogue.columns import read_schema
from mstarhash.common.configuration import Parser
from mstarhash.common.errors import exit_code

HEAD = """# The catalogue

Two tables: `spectra`, a row a spectrum of an M star (released or new), and `objects`, a row a star; `object` is the key
between them. Every product is written from `config/catalogue.schema.json`, and this page by
`python scripts/column_reference.py`.

| file in `catalogue/` | what it is | nothing known |
|---|---|---|
| `spectra.fits`, `objects.fits` | FITS tables: TUNIT, TNULL, TUCD, TCOMM, checksums | NaN, TNULL, empty text |
| `spectra.xml`, `objects.xml` | VOTable 1.4 | empty cell |
| `spectra.parquet`, `objects.parquet` | Parquet with the header of a VOTable (VOParquet 1.0); identifiers are texts | null, empty text |
| `spectra.csv`, `objects.csv` | text, numbers as short as they can be read back; `gaia_source_id` is a text like `Gaia 4915465314359043712` | empty |
| `spectra.dat`, `objects.dat`, `ReadMe` | text of fixed width, as CDS publishes it; rounded to the decimals below | blank |
| `m_etable.txt` | the new spectra in the layout of Guo et al. (2019), Table 2 | -9999 |
| `notes.md`, `changes.csv` | release notes; spectra that are new, changed or removed since `catalogue.earlier` | |
| `SHA256SUMS` | checksums of all of these: `sha256sum -c SHA256SUMS` | |

## Reading them

VOTable and Parquet bring unit, UCD and description of each column to astropy by themselves (`Table.read("objects.parquet")`;
with `format="parquet.votable"` the description of the table as well), and to TOPCAT and STILTS (Parquet needs a version that
knows it; Debian 12's STILTS 3.4.7 does not). FITS brings units; for astropy the rest is put in place by

```python
from astropy.table import Table

stars = Table.read("results/catalogue/objects.fits")
for number, name in enumerate(stars.colnames, 1):
    stars[name].description = stars.meta.pop(f"TCOMM{{number}}")
    stars[name].meta["ucd"] = stars.meta.pop(f"TUCD{{number}}")
```

TOPCAT and STILTS find both there by themselves.

Identifiers are exact in every format. `gaia_source_id` has 19 digits, a float holds 15 to 17 of them, and most readers make
floats of an integer column with nulls. FITS (TNULL) and VOTable (VALUES null) hold integers of 64 bits, which their readers
keep. In Parquet `gaia_source_id` and `obsid` are texts of digits, since astropy and pandas make floats of integers with
nulls there, and a number that stands for nothing would match as one. In CSV pandas, R and spreadsheets take any column of
digits for numbers, so `Gaia ` stands before them; `obsid` is without, as those of LAMOST have ten digits at most. To integers again:

```python
import pandas

objects = pandas.read_csv("results/catalogue/objects.csv")
ids = objects["gaia_source_id"].str.removeprefix("Gaia ").astype("Int64")
```

## Objects

Spectra of one Gaia source are one object, else spectra whose positions are within `crossmatch.group_radius` of each other,
all positions being of the epoch `crossmatch.spectra_epoch`. `primary` marks the spectrum of best `snr_r` (ties: the first
in the order of the table). In `objects` indices, their errors and `ewHa` are inverse-variance means of all spectra, files
of one exposure (`duplicate_of` of the ingest step) counting once; `zeta` and the class of activity follow from those, `rv` is
the mean of the reliable velocities (`n_rv`, `rv_chi2`), and U, V, W follow from it; all else is the primary spectrum's, but for
the flags on the velocity, which are not set where there is one (`n_rv` > 0). The errors of zeta that count the common
denominator once are in the ratio to `zetaerr` that they have in the primary spectrum. `source` is `new` where no spectrum of the object is released.

## Clean sample

`clean` is 1 where none of these flags is set, the same as `flags & {mask} = 0`: {flags}. It asks for a rest frame, a
subtype on which indices and template agree, and a luminosity class without contradiction. `flags` says the rest: for
velocities leave out `rv_low_r` as well, for metallicities `zeta_blind`, for activity `ewha_low_snr`.

```python
dwarfs = stars[(stars["clean"] == 1) & (stars["giant"] == 0)]
```

## Are the errors true?

`pulls/pulls.csv` of `make full` holds deviations over errors. Templates injected into the pixels and noise of a mock survey:
for all sixteen quantities, at S/N 5, 10, 20 and 50, the median is within 0.09 of 0 and the half-width (16-84 %) 0.91-1.03; at S/N 3
0.98-1.02, and one median, of `zeta_d12`, is -0.11. Differences of two visits, 1,250 pairs (`survey.repeats: 0.5`): medians within
0.07, half-widths 0.92-1.08; 1.21 for H-alpha, where active stars vary (inactive ones 1.04). At S/N 10-30 that of velocities is
0.80: where a template misfits, it does so in both visits.

Real M stars of LAMOST, S/N r above 10: 61 of 63 have a subtype within one of the published one (one of the other two labels is
wrong by its own TiO5). With the windows and whole pixels of the Hammer TiO5, CaH2 and CaH3 of co-added SDSS spectra with noise of
S/N 20 differ from ours by 0.011, 0.006 and 0.007 (rms of ten).
"""


def page(schema):
    """The page as text."""
    from mstarhash.catalogue.notes import BITS, mask

    lines = [HEAD.format(mask=mask(schema.clean), flags=", ".join(f"`{name}`" for name in schema.clean))]
    lines += ["## Columns", "", "Columns of `m_etable.txt` in **bold**.", ""]
    lines += ["| column | table | type | unit | decimals | UCD | meaning |", "|---|---|---|---|---|---|---|"]
    for column in schema.columns:
        name = f"**`{column.name}`**" if column.name in schema.etable else f"`{column.name}`"
        tables = "both" if len(column.tables) == 2 else column.tables[0]
        decimals = "" if column.decimals is None else column.decimals
        parts = [name, tables, column.dtype, column.unit, decimals, f"`{column.ucd}`", column.description]
        lines.append(f"| {' | '.join(str(part).replace('|', '&#124;') for part in parts)} |")
    lines += ["", "## Bits of `flags`", "", "Those of the clean cut in **bold**.", ""]
    lines += ["| bit | value | name | meaning |", "|---|---|---|---|"]
    for name, (bit, text) in sorted(BITS.items(), key=lambda item: item[1]):
        shown = f"**{name}**" if name in schema.clean else name
        lines.append(f"| {bit} | {1 << bit} | {shown} | {text.replace('|', '&#124;')} |")
    return "\n".join([*lines, ""])


def main(argv=None):
    parser = Parser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--schema", default="config/catalogue.schema.json", help="columns (default: %(default)s)")
    parser.add_argument("--output", default="docs/catalogue.md", help="page to write (default: %(default)s)")
    args = parser.parse_args(argv)
    Path(args.output).write_text(page(read_schema(args.schema)), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(exit_code(main))
