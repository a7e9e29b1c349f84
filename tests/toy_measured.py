"""Measured stars without spectra: files as measure writes them, and tables of sources, with their truth."""

import crossmatch
import h5py
import numpy as np
import yaml
from astropy.io import fits
from astropy.table import Table
from conftest import ROOT
from mstarhash.common.configuration import flag_list, read_schema
from mstarhash.spectra.hdf5 import create, write_columns
from mstarhash.stars.kinematics import to_galactic

INDICES = ("tio1", "tio2", "tio3", "tio4", "tio5", "cah1", "cah2", "cah3", "caoh", "na")
K = 4.740470463533348
EPOCH = 2015.5


def stars(count, seed=1, giants=0.25):
    """Dict of (count,) truths: a quarter giants; positions at EPOCH, magnitudes, indices."""
    rng = np.random.default_rng(seed)
    giant = np.arange(count) < giants * count
    subtype = rng.uniform(0, 5, count)
    distance = np.where(giant, rng.uniform(400, 900, count), rng.uniform(30, 300, count))
    g = np.where(giant, -0.5, 8.1 + 0.9 * subtype) + 5 * np.log10(distance) - 5
    velocity = rng.normal(0, 25, (3, count)) - np.array([[10.0], [20.0], [7.0]])
    ra = np.degrees(rng.uniform(0, 2 * np.pi, count))
    dec = np.degrees(np.arcsin(rng.uniform(-0.2, 0.95, count)))
    caoh = np.clip(0.83 - 0.09 * subtype, 0.3, 0.83)
    dwarf = 0.9126 - 0.6256 * caoh + 0.8726 * caoh**2 - 0.1347 * caoh**3
    star = {
        "giant": giant, "subtype": subtype, "distance": distance, "g": g, "uvw": velocity.T, "ra": ra, "dec": dec,
        "parallax": 1000 / distance, "active": ~giant & (rng.random(count) < 0.3),
        "caoh": caoh, "cah1": np.where(giant, 1.03, dwarf) + rng.normal(0, 0.01, count),
        "j": g - 2.5, "h": g - 2.5 - np.where(giant, 0.8, 0.6), "k": g - 2.5 - np.where(giant, 1.05, 0.84),
    }  # fmt: skip
    rv, east, north = np.einsum("nji,nj->in", to_galactic(ra, dec), star["uvw"])
    return star | {"rv": rv, "pmra": east / K / distance * 1000, "pmdec": north / K / distance * 1000}


def measured(star, **columns):
    """The columns of measure for the stars, one spectrum each; `columns` replace the defaults."""
    n = len(star["ra"])
    rng = np.random.default_rng(7)
    out = {
        "file": np.array([f"f{k:04d}.fits" for k in range(n)]),
        **{key: np.array([str(10 + k) for k in range(n)]) for key in ("lmjd", "spid", "fiberid", "obsid")},
        "planid": np.full(n, "HD1"),
        "order": rng.permutation(n).astype("u8"),
        **{key: np.full(n, "") for key in ("designation", "magtype", "release", "duplicate_of")},
        "obsdate": np.full(n, "2014-01-01T12:00:00"),
        "class_pipeline": np.full(n, "STAR"),
        "subclass_pipeline": np.full(n, "M1"),
        "source": np.full(n, "released"),
        "p_m": np.full(n, np.nan),
        **{
            key: np.full(n, np.nan)
            for key in ("z", "z_err", "subtype_template", "subtype_template_err", "subtype_chi2", "rv_frame", "rv_chi2")
        },
        **{f"mag{k}": np.full(n, np.nan, "f4") for k in range(1, 8)},
        "mjd": np.full(n, 56000.0),
        **dict(zip(("ra", "dec"), at(star, 2000.0), strict=True)),
        **{
            key: np.full(n, 20.0)
            for key in ("snru", "snrg", "snrr", "snri", "snrz", "snr_r", "snr_ha", "ha_peak_snr", "rv_r")
        },
        "rv": star["rv"],
        "rv_err": np.full(n, 5.0),
        "rv_template": np.full(n, "toy"),
        "subtype": star["subtype"],
        "subtype_err": np.full(n, 0.3),
        "subtype_text": np.array([f"M{int(s + 0.5)}" for s in star["subtype"]]),
        **{key: np.full(n, 0.8) for key in INDICES},
        **{f"{key}_err": np.full(n, 0.01) for key in INDICES},
        "mg2": np.full(n, 0.3),
        "caoh": star["caoh"],
        "cah1": star["cah1"],
        **{key: np.full(n, 0.9) for key in ("zeta", "zeta_l07", "zeta_d12", "zeta_z19")},
        **{
            key: np.full(n, 0.1) for key in ("zeta_err", "zeta_err_cov", "zeta_l07_err", "zeta_d12_err", "zeta_z19_err")
        },
        "rv_offset": np.zeros(n),
        "subtype_zero": np.full(n, 0.1),
        "noise_scale": np.full(n, 1.1),
        "ewha": np.where(star["active"], 4.0, -0.4),
        "ewha_err": np.full(n, 0.2),
        "flags": np.zeros(n, "u4"),
        "flags_ingest": np.zeros(n, "u4"),
    }
    return out | {key: np.asarray(values) for key, values in columns.items()}


def write_measured(path, columns, rows=slice(None)):
    with create(path, "measure", "toy") as out:
        write_columns(out, {key: values[rows] for key, values in columns.items()})
    return str(path)


def at(star, epoch):
    """ra, dec [deg] of the stars at an epoch [yr]."""
    from mstarhash.stars.astrometry import moved, positions

    return positions(moved(*(star[key] for key in ("ra", "dec", "pmra", "pmdec")), epoch - EPOCH))


def gaia(star, error=0.02):
    """Columns of a Gaia table."""
    n = len(star["ra"])
    return {
        "source_id": 10**18 + 7 * np.arange(n),
        "ra": star["ra"], "dec": star["dec"], "ref_epoch": np.full(n, EPOCH), "parallax": star["parallax"],
        "parallax_error": np.full(n, error), "pmra": star["pmra"], "pmra_error": np.full(n, error),
        "pmdec": star["pmdec"], "pmdec_error": np.full(n, error), "phot_g_mean_mag": star["g"],
        "ruwe": np.full(n, 1.0),
    }  # fmt: skip


def infrared(star, epochs=(1998.2, 2010.5)):
    """Columns of a 2MASS and of a WISE table."""
    n = len(star["ra"])
    two, wise = (
        {**dict(zip(("ra", "dec"), at(star, epoch), strict=True)), "ph_qual": np.full(n, "AAA")} for epoch in epochs
    )
    two |= {"j_m": star["j"], "h_m": star["h"], "k_m": star["k"]}
    two["jdate"] = np.full(n, 2451544.5 + 365.25 * (epochs[0] - 2000))
    return two, wise | {"w1mpro": star["k"] - 0.1, "w2mpro": star["k"] - np.where(star["giant"], 0.0, 0.25)}


def write_table(path, columns):
    """A table as FITS, VOTable, CSV or Parquet, by the name's end."""
    table = Table({key: np.asarray(values) for key, values in columns.items()})
    kind = str(path).rsplit(".", 1)[1]
    if kind == "parquet":
        import pyarrow
        from pyarrow import parquet

        parquet.write_table(pyarrow.table({key: table[key].tolist() for key in table.colnames}), path)
    elif kind == "fits":
        fits.HDUList([fits.PrimaryHDU(), fits.table_to_hdu(table)]).writeto(path)
    else:
        table.write(path, format={"csv": "ascii.csv", "xml": "votable"}[kind])
    return str(path)


def read(path, group="/"):
    with h5py.File(path) as source:
        part = source[group]
        return {
            key: np.char.decode(values[:].astype("S"), "utf-8") if values.dtype.kind == "S" else values[:]
            for key, values in part.items()
            if isinstance(values, h5py.Dataset)
        }


def run_crossmatch(folder, columns, gaia="", twomass="", wise="", release="DR3", **changes):
    """The file of crossmatch.py for measured columns and tables, rows in the order of the columns.

    release: input.gaia_release; changes: of the config's keys of crossmatch.
    """
    values = yaml.safe_load((ROOT / "config" / "config.yaml").read_text())["crossmatch"] | changes
    argv = flag_list(values, read_schema()["properties"]["crossmatch"])
    argv += ["--measure", write_measured(folder / "0000.released.h5", columns), "--output", str(folder / "out.h5")]
    argv += ["--gaia", str(gaia), "--gaia-release", release, "--twomass", str(twomass), "--wise", str(wise)]
    assert crossmatch.main(argv) == 0
    out = read(folder / "out.h5")
    back = {file: row for row, file in enumerate(out["file"])}
    rows = [back[file] for file in columns["file"]]
    return {key: values[rows] for key, values in out.items()}
