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
    """Where a table of sources is found, and its column for each of the names in stars/tables.py that it has."""

    key: str  # of the config's section input
    table: str  # that of the sources: AS s in a query, or as CDS X-Match names it
    columns: dict  # our name: column
    joined: str = ""  # further tables of a query
    service: str = ""  # address of its TAP service
    title: str = ""

    @property
    def known(self):
        """{our name: (unit, names that are read)}."""
        return {"gaia": tables.GAIA, "twomass": tables.TWOMASS, "wise": tables.WISE}[self.key]

    def renamed(self):
        """[(column, name under which it is read)]: its own, or else the first that is known."""
        out = []
        for ours, column in self.columns.items():
            names = self.known[ours].spelt()
            own = column.rpartition(".")[2]
            out.append((column, own if own.lower() in map(str.lower, names) else names[0]))
        return out

    def adql(self, radius):
        """The query for all sources within `radius` [arcsec] of an uploaded object, each once."""
        parts = []
        for column, name in self.renamed():
            column = column if "." in column else f"s.{column}"
            parts.append(column if column.endswith(f".{name}") else f"{column} AS {name}")
        ra, dec = (f"s.{self.columns[name]}" for name in ("ra", "dec"))
        lines = [
            "SELECT DISTINCT",
            *(f"  {part}," for part in parts[:-1]),
            f"  {parts[-1]}",
            f"FROM TAP_UPLOAD.{UPLOAD} AS t",
            f"JOIN {self.table} AS s",
            f"  ON 1 = CONTAINS(POINT('ICRS', {ra}, {dec}),",
            f"                  CIRCLE('ICRS', t.{POSITION[0]}, t.{POSITION[1]}, {radius / 3600:.8f}))",
        ]
        return "\n".join([*lines, *([self.joined] if self.joined else [])]) + "\n"

    def filters(self):
        """STILTS filters that rename the columns of a match where needed and keep these alone."""
        pairs = self.renamed()
        renames = [f'colmeta -name {name} "{column}"' for column, name in pairs if column != name]
        return "; ".join([*renames, f"keepcols '{' '.join(name for _, name in pairs)}'"])


def _pairs(text):
    """{our name: column} from "ours=column ..."."""
    return dict(pair.split("=") for pair in text.split())


ASTROMETRY = _pairs(
    "source_id=source_id ra=ra dec=dec ref_epoch=ref_epoch parallax=parallax parallax_error=parallax_error pmra=pmra "
    "pmra_error=pmra_error pmdec=pmdec pmdec_error=pmdec_error g=phot_g_mean_mag bp=phot_bp_mean_mag rp=phot_rp_mean_mag "
    "bp_rp=bp_rp ruwe=ruwe excess_noise=astrometric_excess_noise plx_pmra=parallax_pmra_corr "
    "plx_pmdec=parallax_pmdec_corr pmra_pmdec=pmra_pmdec_corr"
)
QUERIES = {
    "gaia_dr3": Recipe(
        "gaia",
        "gaiadr3.gaia_source",
        ASTROMETRY | _pairs("a_g=s.ag_gspphot r_est=d.r_med_geo r_lo=d.r_lo_geo r_hi=d.r_hi_geo"),
        "LEFT JOIN external.gaiaedr3_distance AS d ON d.source_id = s.source_id",
        GAIA,
        "Gaia DR3, with distances of Bailer-Jones et al. (2021)",
    ),
    "gaia_dr4": Recipe(
        "gaia",
        "gaiadr4.gaia_source",
        ASTROMETRY | _pairs("a_g=x.a_g"),
        "LEFT JOIN gaiadr4.ap_xp AS x ON x.source_id = s.source_id",
        GAIA,
        "Gaia DR4",
    ),
    "twomass": Recipe(
        "twomass",
        "fp_psc",
        _pairs(
            "designation=designation ra=ra dec=dec j=j_m j_err=j_msigcom h=h_m h_err=h_msigcom k=k_m k_err=k_msigcom "
            "qual=ph_qual date=jdate"
        ),
        service=IRSA,
        title="2MASS",
    ),
    "allwise": Recipe(
        "wise",
        "allwise_p3as_psd",
        _pairs(
            "designation=designation ra=ra dec=dec w1=w1mpro w1_err=w1sigmpro w2=w2mpro w2_err=w2sigmpro qual=ph_qual "
            "date=w1mjdmean"
        ),
        service=IRSA,
        title="AllWISE",
    ),
}
MATCHES = {
    "gaia_dr3": Recipe(
        "gaia",
        "I/355/gaiadr3",
        _pairs(
            "source_id=Source ra=RAdeg dec=DEdeg parallax=Plx parallax_error=e_Plx pmra=pmRA pmra_error=e_pmRA pmdec=pmDE "
            "pmdec_error=e_pmDE g=Gmag bp=BPmag rp=RPmag bp_rp=BP-RP a_g=AG ruwe=RUWE excess_noise=epsi "
            "plx_pmra=PlxpmRAcor plx_pmdec=PlxpmDEcor pmra_pmdec=pmRApmDEcor"
        ),
    ),
    "twomass": Recipe(
        "twomass",
        "II/246/out",
        _pairs(
            "designation=2MASS ra=RAJ2000 dec=DEJ2000 j=Jmag j_err=e_Jmag h=Hmag h_err=e_Hmag k=Kmag k_err=e_Kmag qual=Qfl "
            "date=MeasureJD"
        ),
    ),
    "allwise": Recipe(
        "wise",
        "II/328/allwise",
        _pairs("designation=AllWISE ra=RAJ2000 dec=DEJ2000 w1=W1mag w1_err=e_W1mag w2=W2mag w2_err=e_W2mag qual=qph"),
    ),
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

Faster for long lists; it compares at J2000, and gives Gaia's positions of 2016.0 without saying so (the default of
`crossmatch.gaia_epoch`). Without the distances; Gaia DR4 was not there in December 2026.

```bash
{matches}
```

Without STILTS, all columns of X-Match; those that are not needed do no harm:

```bash
{curls}
```
"""
