"""How to get the tables of Gaia, 2MASS and AllWISE sources: queries with just the columns that stars/tables.py reads.

Names of tables and columns: Gaia archive (DR3; DR4 as announced, with A_G in ap_xp), IRSA, CDS X-Match of VizieR.
"""

import shlex
from dataclasses import dataclass

from mstarhash.stars import tables

GAIA = "https://gea.esac.esa.int/tap-server/tap"
IRSA = "https://irsa.ipac.caltech.edu/TAP"
UPLOAD = "objects"  # name of the uploaded table
POSITION = ("target_ra", "target_dec")  # its columns: not ra, dec, which would be taken for the sources'


@dataclass(frozen=True)
class Recipe:
    """Where a table of sources is found, and its columns, those of the position first."""

    key: str  # of the config's section input
    table: str  # that of the sources: AS s in a query, or as CDS X-Match names it
    columns: str  # of `table`, or x.column of a further one
    joined: str = ""  # further tables of a query
    service: str = ""  # address of its TAP service
    title: str = ""

    @property
    def known(self):
        """The columns that are read: {our name: names that are known}."""
        return {"gaia": tables.GAIA, "twomass": tables.TWOMASS, "wise": tables.WISE}[self.key]

    def names(self):
        """The names of its columns in the table that comes of it."""
        return [column.rpartition(".")[2] for column in self.columns.split()]

    def adql(self, radius):
        """The query for all sources within `radius` [arcsec] of an uploaded object, each once."""
        columns = [column if "." in column else f"s.{column}" for column in self.columns.split()]
        lines = [
            "SELECT DISTINCT",
            ",\n".join(f"  {column}" for column in columns),
            f"FROM TAP_UPLOAD.{UPLOAD} AS t",
            f"JOIN {self.table} AS s",
            f"  ON 1 = CONTAINS(POINT('ICRS', {columns[0]}, {columns[1]}),",
            f"                  CIRCLE('ICRS', t.{POSITION[0]}, t.{POSITION[1]}, {radius / 3600:.8f}))",
        ]
        return "\n".join([*lines, *([self.joined] if self.joined else [])]) + "\n"

    def filters(self):
        """STILTS filter that keeps these columns of a match alone."""
        return f"keepcols '{self.columns}'"


GAIA_SOURCE = (
    "ra dec source_id ref_epoch parallax parallax_error pmra pmra_error pmdec pmdec_error phot_g_mean_mag phot_bp_mean_mag "
    "phot_rp_mean_mag bp_rp ruwe astrometric_excess_noise parallax_pmra_corr parallax_pmdec_corr pmra_pmdec_corr"
)
QUERIES = {
    "gaia_dr3": Recipe(
        "gaia",
        "gaiadr3.gaia_source",
        f"{GAIA_SOURCE} ag_gspphot d.r_med_geo d.r_lo_geo d.r_hi_geo",
        "LEFT JOIN external.gaiaedr3_distance AS d ON d.source_id = s.source_id",
        GAIA,
        "Gaia DR3, with distances of Bailer-Jones et al. (2021)",
    ),
    "gaia_dr4": Recipe(
        "gaia",
        "gaiadr4.gaia_source",
        f"{GAIA_SOURCE} x.a_g",
        "LEFT JOIN gaiadr4.ap_xp AS x ON x.source_id = s.source_id",
        GAIA,
        "Gaia DR4",
    ),
    "twomass": Recipe(
        "twomass",
        "fp_psc",
        "ra dec designation j_m j_msigcom h_m h_msigcom k_m k_msigcom ph_qual jdate",
        service=IRSA,
        title="2MASS",
    ),
    "allwise": Recipe(
        "wise",
        "allwise_p3as_psd",
        "ra dec designation w1mpro w1sigmpro w2mpro w2sigmpro ph_qual w1mjdmean",
        service=IRSA,
        title="AllWISE",
    ),
}
MATCHES = {
    "gaia_dr3": Recipe(
        "gaia",
        "I/355/gaiadr3",
        "RAdeg DEdeg Source Plx e_Plx pmRA e_pmRA pmDE e_pmDE Gmag BPmag RPmag BP-RP AG RUWE epsi PlxpmRAcor PlxpmDEcor "
        "pmRApmDEcor",
    ),
    "twomass": Recipe(
        "twomass", "II/246/out", "RAJ2000 DEJ2000 2MASS Jmag e_Jmag Hmag e_Hmag Kmag e_Kmag Qfl MeasureJD"
    ),
    "allwise": Recipe("wise", "II/328/allwise", "RAJ2000 DEJ2000 AllWISE W1mag e_W1mag W2mag e_W2mag qph"),
}


def page(count, radius):
    """README.md beside the queries: what to do with them. count: objects in the list; radius [arcsec]."""
    queries = "\n".join(
        f"stilts tapquery tapurl={recipe.service} nupload=1 upload1=objects.xml upname1={UPLOAD} "
        f'adql="$(cat {name}.adql)" out={name}.fits'
        for name, recipe in QUERIES.items()
    )
    matches = "\n".join(
        f"stilts cdsskymatch in=objects.xml ra={POSITION[0]} dec={POSITION[1]} cdstable={recipe.table} "
        f"radius={radius:g} find=all fixcols=none ocmd={shlex.quote(recipe.filters())} out={name}.fits"
        for name, recipe in MATCHES.items()
    )
    curls = "\n".join(
        f"curl -F request=xmatch -F cat1=@objects.xml -F colRA1={POSITION[0]} -F colDec1={POSITION[1]} "
        f"-F cat2=vizier:{recipe.table} -F distMaxArcsec={radius:g} -F RESPONSEFORMAT=votable "
        f"-o {name}.xml http://cdsxmatch.u-strasbg.fr/xmatch/api/v1/sync"
        for name, recipe in MATCHES.items()
    )
    titles = "\n".join(
        f"| `{name}.adql` | {recipe.title} | `input.{recipe.key}` | {recipe.service} |"
        for name, recipe in QUERIES.items()
    )
    return PAGE.format(count=f"{count:,}", radius=f"{radius:g}", queries=queries, matches=matches, curls=curls,
                       titles=titles, gaia=GAIA, upload=UPLOAD)  # fmt: skip


PAGE = """# Tables of sources for {count} objects

`objects.xml` lists the objects of the catalogue; the queries find all sources within {radius} arcsec of them, each once.
`mstarhash` moves these to the epoch of the spectra and matches them itself, so take all of them, not the nearest. Keep
FITS or VOTable: text that went through a spreadsheet has lost digits of the identifiers.

| query | sources | then name the file as | TAP service |
|---|---|---|---|
{titles}

Gaia DR4: names of tables and columns are those announced before the release (A_G in `ap_xp`, no distances); epoch 2017.5.
One Gaia table is enough: DR3 or DR4.

## By STILTS

```bash
{queries}
```

## By TOPCAT

Load `objects.xml`; VO, Table Access Protocol (TAP) Query; the service from the table above; paste the query, with
`TAP_UPLOAD.t1` in place of `TAP_UPLOAD.{upload}` where the list is table 1; Run Query; save as FITS.

## By Python

```python
from astroquery.gaia import Gaia

query = open("gaia_dr3.adql").read()
job = Gaia.launch_job_async(query, upload_resource="objects.xml", upload_table_name="{upload}")
job.get_results().write("gaia_dr3.fits")
```

## By CDS X-Match

Faster for long lists; it compares at J2000, and gives Gaia's positions of 2016.0 without saying so (as
`input.gaia_release: DR3`, the default, has them). Without the distances; Gaia DR4 was not there in December 2026.

```bash
{matches}
```

Without STILTS, all columns of X-Match; those that are not needed do no harm:

```bash
{curls}
```
"""
