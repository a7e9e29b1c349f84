"""Giants and dwarfs: Gaia's voice, logistic boundaries against scikit-learn, the provisional rule, the consensus."""

import numpy as np
import pytest
from mstarhash.common.intervals import wilson
from mstarhash.stars import boundaries, logistic, separators
from mstarhash.stars.gaia_class import absolute_magnitude, by_gaia, impossible, parallax_at
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import PolynomialFeatures, StandardScaler

KEYS = dict(giant_m_g=3.5, dwarf_m_g=6.5, min_snr=5.0, limit_sigma=3.0)


@pytest.fixture(scope="module")
def clouds():
    """Two curved clouds (n, 2) of unequal number, overlapping a little."""
    rng = np.random.default_rng(1)
    x = rng.uniform(0.3, 0.9, 800)
    giant = np.arange(800) < 90
    y = np.where(giant, 1.03, 0.75 + 0.4 * (x - 0.4) ** 2) + rng.normal(0, 0.06, 800)
    return np.stack([x, y], axis=1), giant


def test_absolute_magnitude():
    assert absolute_magnitude(10.0, np.array([100.0, 10.0, -1.0]), 0.0)[:2] == pytest.approx([10, 5])
    assert absolute_magnitude(10.0, np.array([100.0]), 0.5) == pytest.approx(9.5)
    assert np.isnan(absolute_magnitude(10.0, np.array([-1.0, 0.0, np.nan]), 0.0)).all()
    assert absolute_magnitude(15.0, parallax_at(4.2, 15.0, 0.3), 0.3) == pytest.approx(4.2)


def test_the_voice_of_gaia():
    g = np.array([10.0, 10.0, 10.0, 15.0, 15.0, 15.0, 10.0, np.nan, 10.0])
    plx = np.array([100.0, 1.0, 10.0, 0.02, -0.1, 0.3, 100.0, 100.0, np.nan])
    err = np.array([1.0, 0.1, 0.1, 0.03, 0.05, 0.2, 1.0, 1.0, 1.0])
    usable = np.arange(9) != 6
    m_g, label, chance = by_gaia(g, plx, err, np.zeros(9), usable, **KEYS)
    nan = np.nan
    assert m_g == pytest.approx([10, 0, 5, nan, nan, nan, nan, nan, nan], nan_ok=True)
    assert label == pytest.approx([0, 1, nan, 1, 1, nan, nan, nan, nan], nan_ok=True)
    assert chance[[0, 1]] == pytest.approx([0, 1], abs=1e-6) and chance[2] == pytest.approx(0.5, abs=1e-6)
    assert chance[3] > 0.99 and np.isnan(chance[6:]).all()
    label = by_gaia(g, plx, err, np.zeros(9), usable, **(KEYS | {"limit_sigma": None}))[1]
    assert label == pytest.approx([0, 1, nan, nan, nan, nan, nan, nan, nan], nan_ok=True)
    assert impossible(np.array([-5.1, -4.9, np.nan]), np.ones(3)).tolist() == [True, False, False]
    bright = by_gaia(g[:1], np.array([10.0]), np.array([0.1]), np.array([2.0]), usable[:1], **KEYS)
    assert bright[0] == pytest.approx([3.0]) and bright[1] == 1  # extinction makes it a giant


@pytest.mark.parametrize("degree", [1, 2])
def test_fit_is_scikit_learns(clouds, degree):
    x, y = clouds
    ours = logistic.fit(x, y, degree, 1.0)
    terms = PolynomialFeatures(degree, include_bias=False).fit_transform(StandardScaler().fit_transform(x))
    theirs = LogisticRegression(C=1.0, class_weight="balanced", tol=1e-10, max_iter=2000).fit(terms, y)
    assert ours.logit(x) == pytest.approx(theirs.decision_function(terms), abs=1e-4)


def test_coefficients_are_in_raw_units_and_the_curve_is_at_a_half(clouds):
    x, y = clouds
    boundary = logistic.fit(x, y, 2, 1.0)
    a, b, c, d, e, f = boundary.coefficients
    u, v = x.T
    assert a + b * u + c * v + d * u**2 + e * u * v + f * v**2 == pytest.approx(boundary.logit(x), abs=1e-9)
    abscissae = np.linspace(0.35, 0.85, 10)
    curve = boundary.curve(abscissae)
    assert boundary.logit(curve) == pytest.approx(0, abs=1e-9)
    upper = curve[curve[:, 1] > 0.82]
    assert upper[:, 0].tolist() == abscissae.tolist() and (upper[:, 1] < 1.0).all()
    both = logistic.Boundary(2, np.array([-1.0, 0, 0, 1, 0, 1]), np.full(2, -2.0), np.full(2, 2.0))  # a circle
    assert both.curve(np.array([0.0, 0.6, 3.0])) == pytest.approx(np.array([[0, -1], [0, 1], [0.6, -0.8], [0.6, 0.8]]))
    assert np.isnan(boundary.logit(np.array([[np.nan, 1.0]]))).all()
    far = np.array([[5.0, 1.03]])
    assert boundary.outside(far).all() and boundary.logit(far) == boundary.logit(np.array([[x[:, 0].max(), 1.03]]))


def test_separable_classes_do_not_run_away():
    x = np.array([[0.0, 0.0], [0.1, 0.0], [1.0, 1.0], [1.1, 1.0]] * 5)
    y = np.array([False, False, True, True] * 5)
    boundary = logistic.fit(x, y, 2, 1.0)
    assert ((boundary.logit(x) > 0) == y).all() and np.abs(boundary.coefficients).max() < 100


def test_folds_keep_groups_and_classes():
    rng = np.random.default_rng(2)
    group = rng.integers(0, 60, 200)
    label = group % 7 == 0
    part = logistic.folds(label, group, 5)
    assert all(len(np.unique(part[group == k])) == 1 for k in np.unique(group))
    assert all(set(part[label == kind]) == set(range(5)) for kind in (True, False))


def test_balanced_accuracy():
    assert logistic.balanced_accuracy(np.array([1, 1, 0, 0, 0, 0]), np.array([1, 0, 0, 0, 0, 1])) == pytest.approx(
        0.625
    )


def test_provisional_rule_on_the_papers_rows_and_on_pickles_giants():
    def chance(caoh, cah1, error=0.04):
        return separators.provisional(*(np.array([v]) for v in (caoh, cah1, error, error)))[0]

    table = [chance(0.79, 0.89), chance(0.76, 1.00), chance(0.78, 0.91), chance(1.35, 1.16), chance(0.52, 0.82)]
    assert table[0] < 0.05 and 0.5 < table[1] < 0.8 and table[2] < 0.1 and np.isnan(table[3]) and table[4] < 0.05
    for caoh, cah1 in ((0.697, 1.019), (0.603, 1.028), (0.494, 1.038), (0.461, 1.032), (0.342, 1.013)):
        assert chance(caoh, cah1, 0.02) > 0.97
    for caoh, cah1 in ((0.827, 0.908), (0.592, 0.800), (0.444, 0.761), (0.316, 0.774)):  # M0, M2, M4, M6 dwarfs
        assert chance(caoh, cah1, 0.02) < 0.01
    assert np.isnan(chance(np.nan, 1.0))


def test_consensus():
    nan = np.nan
    by_gaia_ = np.array([1, 0, nan, nan, nan, nan])
    photometry = np.array([0.1, 0.2, 0.9, nan, nan, nan])
    spectra = np.array([0.9, nan, 0.2, 0.8, 0.8, nan])
    sure = np.array([True, True, True, True, False, True])
    giant, conflict = separators.consensus(by_gaia_, photometry, spectra, sure)
    assert giant == pytest.approx([1, 0, 1, 1, nan, nan], nan_ok=True)
    assert list(conflict) == [True, False, True, False, False, False]


def test_photometry_of_poor_quality_is_left_out():
    columns = {
        key: np.array([1.0, 1.0, 1.0]) for key in ("caoh", "cah1", "tio5", "cah2", "cah3", "j", "h", "k", "w1", "w2")
    }
    columns |= {key: np.array([1.0, 3.0, 0.0]) for key in ("bp_rp", "g")}
    columns |= {"pmra": np.array([3000.0, 0, np.nan]), "pmdec": np.array([4000.0, 0, 1.0])}
    columns |= {"tmass_qual": np.array(["AAA", "AUA", ""]), "wise_qual": np.array(["AB", "AA", "U"])}
    axes = separators.features(columns)
    assert list(np.isfinite(axes["h"])) == [True, False, True] and list(np.isfinite(axes["j_k"])) == [True, True, True]
    assert list(np.isfinite(axes["w1_w2"])) == [True, True, False] and list(axes["cah23"]) == [2, 2, 2]
    assert axes["h_g"] == pytest.approx([1 + 5 + 5 * np.log10(5), np.nan, np.nan], nan_ok=True)


def test_wilson_interval():
    share, low, high = wilson(np.array([0, 5, 10]), np.array([10, 10, 10]), 0.95)
    assert share == pytest.approx([0, 0.5, 1])
    assert low == pytest.approx([0, 0.2366, 0.7225], abs=1e-4) and high == pytest.approx([0.2775, 0.7634, 1], abs=1e-4)
    assert np.isnan(wilson(0, 0, 0.95)).all()
    assert wilson(0, 32, 0.6827)[1] == 0 and wilson(32, 32, 0.6827)[2] == 1  # not a rounding beside it


def test_discriminant_is_scikit_learns(clouds):
    """Out of fold, equal priors; scikit-learn pools the classes by their numbers, we alike."""
    from sklearn.discriminant_analysis import LinearDiscriminantAnalysis

    x, y = clouds
    part = logistic.folds(y, np.arange(len(y)), 4)
    ours = logistic.discriminated(x, y, part)
    for k in range(4):
        train = part != k
        model = LinearDiscriminantAnalysis(priors=[0.5, 0.5]).fit(x[train], y[train])
        assert ((model.decision_function(x[~train]) > 0) == (ours[~train] > 0)).mean() > 0.97
    assert logistic.balanced_accuracy(y, ours > 0) > 0.95


def test_colour_of_the_header():
    columns = {"magtype": np.array(["ugrizjh", "gri", "VJ", "", "GRIZY", "r"])}
    columns |= {f"mag{k}": np.full(6, 10.0 + k**2) for k in range(1, 8)}
    assert separators.header_colour(columns) == pytest.approx([-5, -3, np.nan, np.nan, -3, np.nan], nan_ok=True)


def test_rates_are_crossed_by_subtype_and_snr():
    """Each cell as counted by hand; the crossed ones hold every star of a subtype and an S/N once."""
    rng = np.random.default_rng(4)
    n = 3000
    subtype, snr = np.append(rng.uniform(-1.4, 9.4, n - 1), np.nan), 10 ** rng.uniform(0, 2, n)
    snr[:3] = 5, 10, 30  # an edge belongs to the bin above it
    label = rng.random(n) < 0.4
    said = label ^ (rng.random(n) < 0.2)
    twice = [np.append(values, values[:50]) for values in (subtype, snr, label, said)]
    stars = {"subtype": twice[0], "snr_r": twice[1], "primary": (np.arange(n + 50) < n).astype(int)}
    told = np.ones(n + 50, bool)
    written = boundaries.rates("plane", stars, told, twice[2].astype(float), twice[3])
    table = {(row["record"], row["subtype"], row["snr"]): row for row in written}
    edges = {"<5": (0, 5), "5-10": (5, 10), "10-30": (10, 30), ">30": (30, 1e9)}
    crossed = {(first, last): f"M{first}-M{last}" for first, last in ((0, 1), (2, 3), (4, 6), (7, 9))}
    assert len(table) == 2 * (1 + 4 + 10 + 16)
    for (first, last), kind in crossed.items():
        for text, (low, high) in edges.items():
            mine = [k for k in range(n) if first - 0.5 <= subtype[k] < last + 0.5 and low <= snr[k] < high]
            giants, called = [k for k in mine if label[k]], [k for k in mine if said[k]]
            found = sum(bool(said[k]) for k in giants)
            wrong = len(called) - sum(bool(label[k]) for k in called)
            for record, pair in (("completeness", (found, len(giants))), ("contamination", (wrong, len(called)))):
                row = table[record, kind, text]
                assert (row["count"], row["total"]) == pair
                assert [row[key] for key in ("value", "low", "high")] == pytest.approx(wilson(*pair, 0.6827))
    for record in ("completeness", "contamination"):
        cells = sum(table[record, kind, text]["total"] for kind in crossed.values() for text in edges)
        assert cells == sum(table[record, f"M{k}", "all"]["total"] for k in range(10))
        assert (
            table[record, "all", "all"]["total"] == sum(table[record, "all", text]["total"] for text in edges) > cells
        )
