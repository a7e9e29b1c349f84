"""Where the mock stars are: plates, magnitudes, distances, populations, activity, motions.

Magnitudes: Gaia and 2MASS of dwarfs from the table of Pecaut and Mamajek, r-i and i-z from West 2011 (FIELD 13);
earlier stars and giants by round numbers of the same kind. Positions and motions are made by own formulae, not those
of astrometry.py and kinematics.py, so that an error there cannot cancel here.
"""

import numpy as np

K = 4.74047  # km/s per (mas/yr kpc)
TO_GALACTIC = np.array(  # FIELD 8: rows towards l = 0, l = 90, b = 90 (J2000)
    [
        [-0.0548755604, -0.8734370902, -0.4838350155],
        [0.4941094279, -0.4448296300, 0.7469822445],
        [-0.8676661490, -0.1980763734, 0.4559837762],
    ]
)
SOLAR = np.array([10.0, 5.0, 7.0])  # km/s, to be taken from LSR velocities
Z_SUN = 15.0  # pc

# place, M_G, BP-RP, r-G, g-r, r-i, i-z, J-H, H-K, M_J, W1-W2
DWARFS = np.array(
    [
        (-37, 1.10, 0.00, 0.10, -0.22, -0.18, -0.18, 0.00, 0.02, 1.10, 0.00),
        (-32, 1.86, 0.23, 0.08, -0.05, -0.10, -0.10, 0.06, 0.04, 1.55, 0.00),
        (-27, 2.50, 0.37, 0.08, 0.12, -0.02, -0.04, 0.13, 0.04, 2.05, 0.00),
        (-22, 3.30, 0.59, 0.10, 0.27, 0.06, 0.00, 0.20, 0.05, 2.55, -0.01),
        (-17, 4.30, 0.78, 0.13, 0.42, 0.13, 0.03, 0.29, 0.06, 3.30, -0.02),
        (-9, 5.30, 0.98, 0.17, 0.57, 0.20, 0.07, 0.38, 0.08, 4.05, -0.03),
        (-7, 5.70, 1.03, 0.20, 0.65, 0.23, 0.10, 0.41, 0.09, 4.30, -0.04),
        (-5, 6.15, 1.20, 0.26, 0.78, 0.27, 0.14, 0.48, 0.10, 4.65, -0.06),
        (-3, 6.75, 1.40, 0.34, 1.00, 0.34, 0.19, 0.56, 0.12, 5.05, -0.06),
        (-2, 7.05, 1.52, 0.40, 1.12, 0.40, 0.23, 0.59, 0.14, 5.25, -0.05),
        (-1, 7.60, 1.70, 0.50, 1.28, 0.48, 0.28, 0.62, 0.17, 5.65, -0.01),
        (0, 8.10, 1.84, 0.58, 1.40, 0.56, 0.33, 0.627, 0.190, 5.97, 0.04),
        (1, 8.82, 2.09, 0.72, 1.43, 0.73, 0.41, 0.614, 0.222, 6.48, 0.08),
        (2, 9.29, 2.23, 0.85, 1.44, 0.96, 0.53, 0.600, 0.234, 6.81, 0.11),
        (3, 10.05, 2.50, 1.00, 1.45, 1.13, 0.61, 0.579, 0.252, 7.38, 0.13),
        (4, 11.21, 2.94, 1.15, 1.46, 1.33, 0.71, 0.557, 0.280, 8.20, 0.15),
        (5, 12.45, 3.35, 1.35, 1.48, 1.62, 0.90, 0.580, 0.312, 9.09, 0.17),
        (6, 14.26, 4.16, 1.55, 1.52, 1.92, 1.05, 0.605, 0.352, 10.18, 0.21),
        (7, 14.72, 4.65, 1.80, 1.58, 2.09, 1.14, 0.613, 0.390, 10.70, 0.24),
        (8, 15.20, 4.86, 2.00, 1.68, 2.56, 1.41, 0.677, 0.450, 11.05, 0.26),
        (9, 16.20, 4.78, 2.15, 1.75, 2.70, 1.71, 0.720, 0.470, 11.59, 0.27),
    ]
)
GIANTS = np.array(
    [
        (-7, 0.80, 1.15, 0.20, 0.78, 0.28, 0.14, 0.52, 0.10, -0.70, -0.05),
        (-4, 0.20, 1.40, 0.30, 1.00, 0.36, 0.20, 0.63, 0.13, -1.70, -0.07),
        (-2, -0.20, 1.62, 0.42, 1.20, 0.45, 0.26, 0.70, 0.17, -2.40, -0.09),
        (-1, 0.00, 1.75, 0.50, 1.32, 0.52, 0.30, 0.72, 0.18, -2.50, -0.10),
        (0, -0.40, 1.95, 0.58, 1.42, 0.62, 0.36, 0.76, 0.22, -3.20, -0.11),
        (1, -0.80, 2.10, 0.66, 1.48, 0.75, 0.42, 0.80, 0.233, -3.80, -0.12),
        (2, -1.20, 2.30, 0.76, 1.52, 0.90, 0.50, 0.84, 0.249, -4.40, -0.13),
        (3, -1.60, 2.60, 0.92, 1.56, 1.10, 0.62, 0.87, 0.265, -5.00, -0.15),
        (4, -2.10, 3.00, 1.10, 1.60, 1.40, 0.80, 0.87, 0.27, -5.70, -0.16),
        (5, -2.50, 3.50, 1.30, 1.62, 1.75, 1.00, 0.87, 0.28, -6.40, -0.18),
        (6, -2.80, 4.00, 1.50, 1.65, 2.05, 1.20, 0.88, 0.30, -7.00, -0.20),
    ]
)
NAMES = ("m_g", "bp_rp", "r_g", "g_r", "r_i", "i_z", "j_h", "h_k", "m_j", "w1_w2")
# extinction in units of E(B-V): g r i z, G BP RP, J H K, W1 W2
DUST = {"g": 3.3, "r": 2.3, "i": 1.7, "z": 1.3, "gaia": 2.1, "bp": 2.7, "rp": 1.6, "j": 0.72, "h": 0.46, "k": 0.31, "w1": 0.19, "w2": 0.16}  # fmt: skip
# activity: share at z = 0 and scale height [pc] for M0 ... M9, to West 2008 (FIELD 13)
ACTIVE = np.array([0.20, 0.22, 0.24, 0.40, 0.68, 0.90, 0.98, 1.0, 1.0, 1.0])
ACTIVE_HEIGHT = np.array([110, 115, 120, 160, 220, 230, 240, 300, 400, 400.0])
ACTIVE_EW = np.array([1.9, 1.8, 4.0, 2.9, 4.4, 6.1, 6.2, 8.2, 10.0, 10.0])  # A above an inactive star
POPULATIONS = {  # dispersions of U, V, W and lag [km/s]; scale height [pc]; local share
    "young": ((24, 15, 11), 5, 150, 0.0),
    "thin": ((36, 22, 17), 14, 300, 0.88),
    "thick": ((63, 39, 39), 48, 900, 0.117),
    "halo": ((140, 95, 90), 210, 4000, 0.003),
}


def plates(keys, rng, count):
    """Plates: centre [deg], name, night (LMJD); every fourth is a second visit of the one before."""
    out = []
    size = max(200, -(-count // max(1, round(count / keys.plate_size))))
    total = -(-count // size)
    for number in range(total):
        if number % 4 == 3:
            ra, dec = out[-1]["ra"], out[-1]["dec"]
        else:
            ra, dec = (
                rng.uniform(0, 360),
                np.degrees(np.arcsin(rng.uniform(np.sin(np.radians(-3)), np.sin(np.radians(58))))),
            )
        night = int(rng.integers(56200, 57800))
        seconds = int(ra / 15 * 3600)
        name = f"HD{seconds // 3600:02d}{seconds // 60 % 60:02d}{seconds % 60:02d}"
        arc = int(abs(dec) * 3600)
        name += f"{'N' if dec >= 0 else 'S'}{arc // 3600:02d}{arc // 60 % 60:02d}{arc % 60:02d}"
        out.append(
            {"ra": ra, "dec": dec, "planid": f"{name}{'BM'[number % 2]}{1 + (number % 4 == 3):02d}", "lmjd": night}
        )
    return out, size


def positions(keys, rng, sample):
    """Adds plate, lmjd, planid, spid, fiberid, obsid, ra, dec (J2000, epoch of the input catalogue) to the sample."""
    n = len(sample["role"])
    table, size = plates(keys, rng, n)
    plate = np.arange(n) // size
    radius, angle = 2.4 * np.sqrt(rng.random(n)), rng.uniform(0, 2 * np.pi, n)
    centre_ra, centre_dec = (np.array([p[key] for p in table])[plate] for key in ("ra", "dec"))
    dec = centre_dec + radius * np.sin(angle)
    ra = (centre_ra + radius * np.cos(angle) / np.cos(np.radians(dec))) % 360
    star = sample["repeat_of"]
    again = star >= 0
    ra[again], dec[again] = ra[star[again]], dec[star[again]]
    fibre = np.concatenate([rng.permutation(4000)[:size] for _ in table])[:n]
    sample["plate"], sample["ra"], sample["dec"] = plate, np.round(ra, 6), np.round(dec, 6)
    sample["lmjd"] = np.array([p["lmjd"] for p in table])[plate]
    sample["planid"] = np.array([p["planid"] for p in table])[plate]
    sample["spid"], sample["fiberid"] = fibre // 250 + 1, fibre % 250 + 1
    sample["obsid"] = (plate + 101) * 1000000 + sample["spid"] * 1000 + sample["fiberid"]


def galactic(ra, dec):
    """l, b [deg] of positions [deg]."""
    x = TO_GALACTIC @ unit(ra, dec)
    return np.degrees(np.arctan2(x[1], x[0])) % 360, np.degrees(np.arcsin(np.clip(x[2], -1, 1)))


def unit(ra, dec):
    """(3, n) unit vectors."""
    ra, dec = np.radians(ra), np.radians(dec)
    return np.array([np.cos(ra) * np.cos(dec), np.sin(ra) * np.cos(dec), np.sin(dec)])


def axes(ra, dec):
    """(3, 3, n): unit vectors outwards, east, north, in equatorial axes."""
    ra, dec = np.radians(ra), np.radians(dec)
    east = np.array([-np.sin(ra), np.cos(ra), np.zeros_like(ra)])
    north = np.array([-np.cos(ra) * np.sin(dec), -np.sin(ra) * np.sin(dec), np.cos(dec)])
    return np.array([unit(np.degrees(ra), np.degrees(dec)), east, north])


def dust(distance, b):
    """E(B-V) on the way to `distance` [pc] through a layer of scale height 125 pc, 0.35 mag per kpc."""
    sine = np.maximum(np.abs(np.sin(np.radians(b))), 0.03)
    return 0.35e-3 * 125 / sine * (1 - np.exp(-distance * sine / 125))


def stars(sample, rng):
    """Adds distance, ebv, magnitudes, pop, height, active, ew_extra, rv, pmra, pmdec (NaN for what is no star)."""
    n = len(sample["role"])
    stellar = np.isin(sample["kind"], ["dwarf", "giant", "star", "step", "reddened", "carbon", "sky"])
    giant = sample["luminosity"] == "giant"
    values = {}
    for k, name in enumerate(NAMES, 1):
        values[name] = np.where(
            giant,
            np.interp(sample["place"], GIANTS[:, 0], GIANTS[:, k]),
            np.interp(sample["place"], DWARFS[:, 0], DWARFS[:, k]),
        )
    offset = rng.normal(0, np.where(giant, 0.5, 0.4)) - np.where(rng.random(n) < 0.25, rng.uniform(0, 0.75, n), 0)
    offset += np.clip(sample["m"], 0, 2) * 1.3  # subdwarfs are fainter
    m_g, m_j = values["m_g"] + offset, values["m_j"] + offset
    colour = rng.normal(0, 0.08, n)
    r = 18.1 - 2.2 * np.log10(sample["snr"] / 2.2) + rng.normal(0, 0.45, n)
    again = sample["repeat_of"] >= 0
    for extra in (offset, colour, r):
        extra[again] = extra[sample["repeat_of"][again]]
    m_g[again], m_j[again] = m_g[sample["repeat_of"][again]], m_j[sample["repeat_of"][again]]
    lon, lat = galactic(sample["ra"], sample["dec"])
    ebv = sample["ebv_extra"].copy()
    for _ in range(4):
        distance = 10 ** (0.2 * (r - values["r_g"] - m_g - DUST["r"] * ebv + 5))
        distance = np.minimum(distance, 30000)
        ebv = sample["ebv_extra"] + dust(distance, lat)
    r = m_g + values["r_g"] + DUST["r"] * ebv + 5 * np.log10(distance) - 5
    sample.update(l=lon, b=lat, distance=distance, ebv=ebv, stellar=stellar)
    modulus = 5 * np.log10(distance) - 5
    j = m_j + modulus + DUST["j"] * ebv
    mags = {
        "r": r,
        "g": r + values["g_r"] + (DUST["g"] - DUST["r"]) * ebv,
        "i": r - values["r_i"] + colour - (DUST["r"] - DUST["i"]) * ebv,
        "gaia": m_g + modulus + DUST["gaia"] * ebv,
        "j": j,
        "h": j - values["j_h"] - (DUST["j"] - DUST["h"]) * ebv,
    }
    mags["z"] = mags["i"] - values["i_z"] - (DUST["i"] - DUST["z"]) * ebv
    mags["u"] = mags["g"] + 1.1 + 0.8 * values["g_r"]
    bp_rp = values["bp_rp"] + colour
    mags["bp"] = mags["gaia"] + (0.35 + 0.45 * (bp_rp - 0.5)) + (DUST["bp"] - DUST["gaia"]) * ebv
    mags["rp"] = mags["bp"] - bp_rp - (DUST["bp"] - DUST["rp"]) * ebv
    mags["k"] = mags["h"] - values["h_k"] - (DUST["h"] - DUST["k"]) * ebv
    mags["w1"] = mags["k"] - np.where(giant, 0.08, 0.12) - (DUST["k"] - DUST["w1"]) * ebv
    mags["w2"] = mags["w1"] - values["w1_w2"] - (DUST["w1"] - DUST["w2"]) * ebv
    sample.update({f"mag_{name}": values for name, values in mags.items()})
    sample["a_g"] = DUST["gaia"] * ebv
    _populations(sample, rng)
    _velocities(sample, rng)


def _populations(sample, rng):
    """Population by height and metallicity; activity by subtype and height; active stars move like young ones."""
    n = len(sample["role"])
    z = sample["distance"] * np.sin(np.radians(sample["b"])) + Z_SUN
    weight = np.array([share * np.exp(-np.abs(z) / height) for _, _, height, share in POPULATIONS.values()])
    weight /= weight.sum(0)
    pick = (rng.random(n) > np.cumsum(weight, axis=0)).sum(0)
    pop = np.array(list(POPULATIONS))[np.minimum(pick, 3)]
    metal_poor = sample["m"] > 0.35
    pop[metal_poor] = np.where(sample["m"][metal_poor] < 0.75, "thick", "halo")
    dwarf = sample["kind"] == "dwarf"
    subtype = np.clip(np.rint(sample["place"]), 0, 9).astype(int)
    chance = ACTIVE[subtype] * np.exp(-np.abs(z) / ACTIVE_HEIGHT[subtype])
    active = dwarf & ~metal_poor & (sample["place"] > -0.5) & (rng.random(n) < chance)
    extra = ACTIVE_EW[subtype] * rng.lognormal(0.0, 0.35, n)
    again = sample["repeat_of"] >= 0
    star = sample["repeat_of"][again]
    pop[again], active[again] = pop[star], active[star]
    pop[active] = "young"
    sample.update(height=z, pop=pop, active=active, ew_extra=np.where(active, np.maximum(extra, 1.5), 0.0))


def _velocities(sample, rng):
    """Heliocentric U, V, W from the population; radial velocity [km/s] and proper motion [mas/yr]."""
    n = len(sample["role"])
    sigma = np.array([POPULATIONS[p][0] for p in sample["pop"]], float).T
    sigma = sigma * np.where(np.isin(sample["pop"], ["thin"]), 1 + np.minimum(np.abs(sample["height"]), 1500) / 2500, 1)
    lag = np.array([POPULATIONS[p][1] for p in sample["pop"]], float)
    velocity = rng.normal(size=(3, n)) * sigma - np.array([np.zeros(n), lag, np.zeros(n)]) - SOLAR[:, None]
    again = sample["repeat_of"] >= 0
    velocity[:, again] = velocity[:, sample["repeat_of"][again]]
    equatorial = np.einsum("ji,jn->in", TO_GALACTIC, velocity)
    rv, east, north = np.einsum("kin,in->kn", axes(sample["ra"], sample["dec"]), equatorial)
    sample["u"], sample["v"], sample["w"] = velocity
    kpc = sample["distance"] / 1000
    moving = sample["stellar"] & (sample["kind"] != "sky")
    sample["rv"] = np.where(moving, rv, 0.0)
    sample["pmra"], sample["pmdec"] = (np.where(moving, v / (K * kpc), 0.0) for v in (east, north))
