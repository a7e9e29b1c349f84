"""Mock Gaia, 2MASS and WISE tables of the survey's stars and some neighbours, each at its own epoch."""

import numpy as np

GAIA_EPOCH, WISE_EPOCH, INPUT_EPOCH = 2015.5, 2010.5, 2000.0


def moved(ra, dec, pmra, pmdec, years):
    """Positions [deg] after `years` of proper motion [mas/yr, pmra with cos dec]."""
    dec_new = dec + pmdec * years / 3.6e6
    return (ra + pmra * years / 3.6e6 / np.cos(np.radians(dec))) % 360, dec_new


def sources(sample, rng):
    """One row a star (repeat visits share it) and a neighbour for one in ten; dict of arrays, `star` = row or -1."""
    real = np.flatnonzero((sample["repeat_of"] < 0) & (sample["kind"] != "sky"))
    lonely = rng.permutation(real)[: len(real) // 10]
    out = {"star": np.concatenate([real, np.full(len(lonely), -1)])}
    for key in (
        "ra",
        "dec",
        "pmra",
        "pmdec",
        "distance",
        "a_g",
        *(f"mag_{m}" for m in ("gaia", "bp", "rp", "j", "h", "k", "w1", "w2")),
    ):
        out[key] = np.concatenate([sample[key][real], sample[key][lonely]]).astype(float)
    near = out["star"] < 0
    n = int(near.sum())
    out["dec"][near] += rng.uniform(2, 12, n) / 3600 * rng.choice([-1, 1], n)
    out["ra"][near] += rng.uniform(-6, 6, n) / 3600
    out["pmra"][near], out["pmdec"][near] = rng.normal(0, 4, (2, n))
    out["distance"][near] = rng.uniform(800, 5000, n)
    fainter = rng.uniform(0, 3, n)
    for key in out:
        if key.startswith("mag_"):
            out[key][near] += fainter
    far = np.isin(sample["kind"][np.maximum(out["star"], 0)], ["galaxy", "quasar"]) & ~near
    out["distance"][far] = np.inf
    return out


def gaia(out, rng):
    """Columns of gaia.fits for the sources that Gaia has; also the source_id of each source ("" where it has none)."""
    n = len(out["star"])
    ra, dec = moved(out["ra"], out["dec"], out["pmra"], out["pmdec"], GAIA_EPOCH - INPUT_EPOCH)
    g = out["mag_gaia"] + rng.normal(0, 0.005, n)
    error = np.clip(0.04 * 10 ** (0.2 * (g - 15)), 0.03, 3)
    ruwe = np.where(rng.random(n) < 0.08, rng.uniform(1.4, 6, n), rng.normal(1.02, 0.06, n))
    parallax = 1000 / out["distance"] + rng.normal(size=n) * error - 0.029
    identifier = np.sort(rng.integers(10**17, 6 * 10**18, n))[rng.permutation(n)]
    here = (g < 20.7) & (rng.random(n) > 0.03)
    no_colour = rng.random(n) < 0.01
    columns = {
        "source_id": identifier,
        "ra": ra + rng.normal(size=n) * error / 3.6e6,
        "dec": dec + rng.normal(size=n) * error / 3.6e6,
        "ref_epoch": np.full(n, GAIA_EPOCH),
        "parallax": parallax,
        "parallax_error": error,
        "pmra": out["pmra"] + rng.normal(size=n) * 1.6 * error,
        "pmra_error": 1.6 * error,
        "pmdec": out["pmdec"] + rng.normal(size=n) * 1.5 * error,
        "pmdec_error": 1.5 * error,
        "phot_g_mean_mag": g,
        "phot_bp_mean_mag": np.where(no_colour, np.nan, out["mag_bp"] + rng.normal(0, 0.02, n)),
        "phot_rp_mean_mag": np.where(no_colour, np.nan, out["mag_rp"] + rng.normal(0, 0.01, n)),
        "a_g_val": np.where(rng.random(n) < 0.5, out["a_g"], np.nan),
        "ruwe": ruwe,
    }
    columns["bp_rp"] = columns["phot_bp_mean_mag"] - columns["phot_rp_mean_mag"]
    return {key: values[here] for key, values in columns.items()}, np.where(here, identifier.astype(str), "")


def infrared(out, rng, epoch, bands, limit, missing, spread):
    """Shared part of 2MASS and WISE: position at the epoch, magnitudes with errors, who is there."""
    n = len(out["star"])
    ra, dec = moved(out["ra"], out["dec"], out["pmra"], out["pmdec"], epoch - INPUT_EPOCH)
    ra, dec = ra + rng.normal(0, spread, n) / 3600 / np.cos(np.radians(dec)), dec + rng.normal(0, spread, n) / 3600
    columns = {"designation": designation(ra, dec), "ra": ra % 360, "dec": dec}
    quality = np.full(n, "", "U4")
    for band, faint in zip(bands, limit, strict=True):
        true = out[f"mag_{band}"]
        error = np.hypot(0.022, 0.11 * 10 ** (0.4 * (true - faint)))
        columns[f"{band}_mag"], columns[f"{band}_error"] = true + rng.normal(size=n) * error, error
        quality = np.char.add(quality, np.select([error < 0.11, error < 0.16, error < 0.22], ["A", "B", "C"], "D"))
    columns["ph_qual"] = quality
    here = (out[f"mag_{bands[0]}"] < limit[0] + 1) & (rng.random(n) > missing)
    return columns, here


def twomass(out, rng):
    """Columns of twomass.fits."""
    epoch = rng.uniform(1997.5, 2001.0, len(out["star"]))
    columns, here = infrared(out, rng, epoch, ("j", "h", "k"), (16.2, 15.4, 14.8), 0.03, 0.08)
    names = {
        "k_mag": "k_m",
        "k_error": "k_msigcom",
        "h_mag": "h_m",
        "h_error": "h_msigcom",
        "j_mag": "j_m",
        "j_error": "j_msigcom",
    }
    columns = {names.get(key, key): values for key, values in columns.items()}
    columns["jdate"] = np.round(2451544.5 + (epoch - 2000.0) * 365.25, 4)
    order = ("designation", "ra", "dec", "j_m", "j_msigcom", "h_m", "h_msigcom", "k_m", "k_msigcom", "ph_qual", "jdate")
    return {key: columns[key][here] for key in order}


def wise(out, rng):
    """Columns of wise.fits."""
    columns, here = infrared(out, rng, WISE_EPOCH, ("w1", "w2"), (16.5, 15.6), 0.04, 0.12)
    names = {"w1_mag": "w1mpro", "w1_error": "w1sigmpro", "w2_mag": "w2mpro", "w2_error": "w2sigmpro"}
    return {names.get(key, key): values[here] for key, values in columns.items()}


def designation(ra, dec, digits=(2, 1)):
    """hhmmss.ss+ddmmss.s of positions [deg], cut off as catalogues do."""
    time = np.floor(np.asarray(ra) % 360 * 240 * 10 ** digits[0] + 1e-4).astype(np.int64)
    arc = np.floor(np.abs(dec) * 3600 * 10 ** digits[1] + 1e-4).astype(np.int64)
    out = []
    for t, a, south in zip(time, arc, np.asarray(dec) < 0, strict=True):
        t, ft = divmod(int(t), 10 ** digits[0])
        a, fa = divmod(int(a), 10 ** digits[1])
        out.append(
            f"{t // 3600:02d}{t // 60 % 60:02d}{t % 60:02d}.{ft:0{digits[0]}d}"
            f"{'-' if south else '+'}{a // 3600:02d}{a // 60 % 60:02d}{a % 60:02d}.{fa:0{digits[1]}d}"
        )
    return np.array(out)


def write_fits(name, columns):
    """A FITS table; texts as fixed-length strings."""
    from astropy.io import fits
    from astropy.table import Table

    table = Table(
        {key: np.array(values.tolist(), "S") if values.dtype.kind == "U" else values for key, values in columns.items()}
    )
    with open(name, "wb") as handle:
        fits.HDUList([fits.PrimaryHDU(), fits.table_to_hdu(table)]).writeto(handle)
