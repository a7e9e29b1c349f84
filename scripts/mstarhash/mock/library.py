"""The stars of the mock survey: sequences of template spectra that are interpolated in subtype and metallicity.

A place on the sequences is a number: M0 = 0, M1 = 1 ...; K7 = -1, K5 = -2, K4 = -3 ... K0 = -7; G0 = -17, F0 = -27,
A0 = -37. Metallicity of M dwarfs is a number m: 0 solar, 0.5 sdM, 1 esdM, 2 usdM; of K stars [Fe/H].
All arithmetic is on log flux, at resolution 1800, on templates.GRID.
"""

from functools import cache

import numpy as np
from scipy.ndimage import gaussian_filter1d

from mstarhash.spectra.giants import giant_indices, giant_of, index, set_bands
from mstarhash.spectra.targets import type_name
from mstarhash.spectra.templates import GRID, STEP

RESOLUTION = 1800.0
BALMER = (6564.61, 4862.68, 4341.68, 4102.89)
FLOOR = 2e-3  # least flux, in units of the median over 6500-7500 A


def type_text(place):
    """M3, K5, G0, F7, A2 for a place."""
    number = int(np.floor(place + 0.5))
    if number >= -7:
        return type_name(min(number, 9))
    letter = "GFA"[min((-number - 8) // 10, 2)]
    return f"{letter}{max(0, {'G': 17, 'F': 27, 'A': 37}[letter] + number)}"


def sigma_pixels(resolution):
    """Gaussian sigma in pixels of GRID of a resolving power."""
    return 1 / (2.3548 * resolution * np.log(10) * STEP)


def broaden(flux, resolution):
    """Bring a spectrum of a resolving power to that of the survey, averaged over its pixels."""
    extra = sigma_pixels(RESOLUTION) ** 2 - sigma_pixels(max(resolution, RESOLUTION)) ** 2
    return gaussian_filter1d(flux, np.sqrt(extra + 25 / 12), mode="nearest")  # 25/12: a survey pixel is 5 of these


def window(low, high):
    """Slice of GRID between two wavelengths."""
    return slice(*np.searchsorted(GRID, [low, high]))


def quiet(flux):
    """Without Balmer and Ca II K emission: lines are bridged, H-alpha gets an absorption of 0.4 A."""
    flux = flux.copy()
    for centre in (*BALMER, 3934.78):
        part = window(centre - 9, centre + 9)
        line = np.linspace(flux[part][:20].mean(), flux[part][-20:].mean(), part.stop - part.start)
        flux[part] = line if centre == BALMER[0] else np.minimum(flux[part], line)
    return flux * (1 - 0.4 * gaussian(BALMER[0], 1.6))


@cache
def gaussian(centre, sigma):
    """Unit-area Gaussian [1/Angstrom] on GRID."""
    return np.exp(-0.5 * ((GRID - centre) / sigma) ** 2) / (sigma * np.sqrt(2 * np.pi))


def sharpened(coarse, ends):
    """A coarse library spectrum with the lines of a mixture of two fine ones: their mean in log flux that fits best,
    times the smooth ratio of the two."""
    smooth = lambda flux: gaussian_filter1d(flux, 60, mode="nearest")  # noqa: E731
    wanted = smooth(coarse)
    best = None
    for weight in np.linspace(0, 1, 11):
        fine = np.exp((1 - weight) * np.log(ends[0]) + weight * np.log(ends[1]))
        ratio = wanted / smooth(fine)
        rough = np.std(np.diff(np.log(ratio[::100])))
        if best is None or rough < best[0]:
            best = rough, fine * ratio
    return best[1]


class Sequence:
    """Log spectra at increasing places; `at` interpolates linearly, and holds the ends."""

    def __init__(self, places, flux):
        order = np.argsort(places, kind="stable")
        self.places = np.asarray(places, float)[order]
        self.logs = np.log(np.maximum(np.asarray(flux)[order], FLOOR)).astype("f4")

    def at(self, place):
        place = np.clip(place, self.places[0], self.places[-1])
        k = np.clip(np.searchsorted(self.places, place) - 1, 0, len(self.places) - 2)
        weight = np.float32((place - self.places[k]) / (self.places[k + 1] - self.places[k]))
        return (1 - weight) * self.logs[k] + weight * self.logs[k + 1]


class Library:
    """All stars that the mock can make, from the templates listed for `mock`."""

    def __init__(self, templates):
        chosen = {t.name: t for t in templates if "mock" in t.attrs["use"].split(",")}
        fine = {name: broaden(t.flux.astype("f8"), t.attrs["resolution"]) for name, t in chosen.items()}
        self.hot(chosen, fine)
        self.cool_dwarfs(chosen, fine)
        self.subdwarfs(chosen, fine)
        self.k_stars(chosen, fine)
        self.giants()
        self.white = [np.nan_to_num(fine[n], nan=FLOOR) for n in fine if chosen[n].attrs["luminosity"] == "wd"]

    def hot(self, chosen, fine):
        """A to G stars: Pickles' shapes with the lines of the SDSS templates."""
        ends = [np.maximum(fine[name], FLOOR) for name in ("kesseli2017_A0", "kesseli2017_G2")]
        places, flux = [-37, -15], [ends[0], ends[1]]
        first = {"A": -37, "F": -27, "G": -17}
        for name, template in chosen.items():
            kind = template.attrs["type"]
            if template.attrs["library"] == "pickles1998" and kind[0] in first and "_" not in name.split("_", 1)[1]:
                place = first[kind[0]] + float(kind[1:])
                if place not in places:
                    places.append(place)
                    flux.append(sharpened(np.maximum(fine[name], FLOOR), ends))
        places.append(-7)
        flux.append(fine["kesseli2017_K0"])
        self.early = Sequence(places, flux)

    def cool_dwarfs(self, chosen, fine):
        """Two parallel sequences K7-M9; a star is a mean of the two."""
        late = [(n, float(n[-1])) for n in ("bochanski2007_M7", "bochanski2007_M8", "bochanski2007_M9")]
        for name, _ in late:  # the blue of the latest types is noise: smooth it
            blue = window(3600, 5000)
            fine[name][blue] = gaussian_filter1d(np.maximum(fine[name], FLOOR), 300)[blue]
        common = ["kesseli2019_K7_Gl143-1", "kesseli2019_M1_Gl229A", "kesseli2019_M6_Gl406"]
        self.solar = []
        for own in (
            ["kesseli2019_M2_Gl393", "kesseli2019_M4_Gl402"],
            ["kesseli2019_M2_Gl411", "kesseli2019_M4_NLTT3247"],
        ):
            stars = [(name, chosen[name].attrs["place"]) for name in common + own] + late
            k7 = [(name, -1.0) for name in ("kesseli2017_K7",)]
            self.solar.append(
                Sequence(*zip(*[(p, quiet(fine[n]) if p >= 0 else fine[n]) for n, p in stars + k7], strict=True))
            )

    def subdwarfs(self, chosen, fine):
        """Sequences of m = 0.5, 1, 2."""

        def stars(metal):
            found = {}
            for name, t in chosen.items():
                if (
                    t.attrs["metal"] == metal
                    and t.attrs["library"] == "kesseli2019"
                    and np.isfinite(t.attrs["subtype"])
                ):
                    found.setdefault(float(t.attrs["subtype"]), []).append(np.log(np.maximum(quiet(fine[name]), FLOOR)))
            return {place: np.exp(np.mean(logs, axis=0)) for place, logs in found.items() if place <= 6}

        esd, usd, sd = stars("esd"), stars("usd"), stars("sd")
        self.esd, self.usd = (Sequence(list(found), list(found.values())) for found in (esd, usd))
        for place in (-1.0, 0.0, 1.0):
            sd[place] = np.exp(0.5 * self.solar[0].at(place) + 0.5 * self.esd.at(place))
        self.sd = Sequence(list(sd), list(sd.values()))

    def k_stars(self, chosen, fine):
        """K0-K7 dwarfs and K1-K7 giants for each [Fe/H] that exists."""
        self.k_grid = {"dwarf": {}, "giant": {}}
        for name, t in chosen.items():
            if t.attrs["library"] == "kesseli2017" and t.attrs["type"].startswith("K"):
                group = self.k_grid[t.attrs["luminosity"]].setdefault(round(float(t.attrs["feh"]), 1), ([], []))
                group[0].append(t.attrs["place"])
                group[1].append(fine[name])
        for kind, groups in self.k_grid.items():
            self.k_grid[kind] = {feh: Sequence(*group) for feh, group in groups.items() if len(group[0]) > 1}

    def giants(self):
        """K5-M6 giants: K giants, then dwarfs turned into giants."""
        dwarfs = [
            np.exp(0.5 * (self.solar[0].at(s) + self.solar[1].at(s))).astype("f8") for s in np.arange(0, 8.5, 0.5)
        ]
        from mstarhash.spectra.giants import equal_tio5

        places, flux = [], []
        for subtype in np.arange(0, 6.5, 0.5):
            wanted = giant_indices(subtype)
            places.append(subtype)
            flux.append(giant_of(GRID, equal_tio5(GRID, dwarfs, wanted["TiO5"]), wanted))
        k_giant = self.k_grid["giant"][0.0]
        for place in (-2, -1):
            places.append(place)
            flux.append(np.exp(k_giant.at(place)).astype("f8"))
        self.giant = Sequence(places, flux)

    def dwarf(self, place, m, share):
        """Flux of a K7-M9 dwarf; share: weight of the second solar sequence (0-1)."""
        solar = (1 - share) * self.solar[0].at(place) + share * self.solar[1].at(place)
        if m <= 0.5:
            return np.exp(solar + np.float32(m / 0.5) * (self.sd.at(place) - solar))
        steps = [(0.5, self.sd), (1.0, self.esd), (2.0, self.usd)]
        (low, a), (high, b) = steps[:2] if m <= 1 else steps[1:]
        weight = np.float32(min(1.0, (m - low) / (high - low)))
        return np.exp((1 - weight) * a.at(place) + weight * b.at(place))

    def star(self, place, feh, luminosity):
        """Flux of an A-K star."""
        if place <= -7:
            return np.exp(self.early.at(place))
        if place > -1:
            return np.exp(self.giant.at(place)) if luminosity == "giant" else self.dwarf(place, 0.0, 0.5)
        groups = self.k_grid[luminosity]
        known = np.array(sorted(groups))
        k = np.clip(np.searchsorted(known, feh) - 1, 0, len(known) - 2)
        weight = np.float32(np.clip((feh - known[k]) / (known[k + 1] - known[k]), 0, 1))
        return np.exp((1 - weight) * groups[known[k]].at(place) + weight * groups[known[k + 1]].at(place))

    def scattered(self, flux, scatter):
        """CaH and CaOH bands of an M star moved by the offsets `scatter` (CaH1, CaH2, CaH3, CaOH)."""
        flux = flux.astype("f8")
        names = ("CaH1", "CaH2", "CaH3", "CaOH")
        wanted = {name: max(0.1, index(GRID, flux, name) + s) for name, s in zip(names, scatter, strict=True)}
        return set_bands(GRID, flux, wanted, rounds=1)
