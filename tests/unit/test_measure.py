import csv

import h5py
import measure
import numpy as np
import pytest
import toy_stars
import yaml
from conftest import ROOT
from mstarhash.common.configuration import flag_list, read_schema
from mstarhash.measure import measure_flags
from mstarhash.spectra.hdf5 import read_columns, read_text


def words(**changes):
    values = yaml.safe_load((ROOT / "config" / "config.yaml").read_text())["measure"] | changes
    return flag_list(values, read_schema()["properties"]["measure"])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """An ingest file of 12 toy stars: released M, K, unknown; and templates."""
    folder = tmp_path_factory.mktemp("measure")
    toy_stars.write_templates(folder / "templates.h5")
    subtypes = np.array([0, 1, 2, 3, 4, 5, 2, 3, 1, 2, 0, 4.0])
    velocities = np.linspace(-120, 160, 12)
    pixels = [toy_stars.observed(s, v, 40, seed) for seed, (s, v) in enumerate(zip(subtypes, velocities, strict=True))]
    flux, ivar = (np.array(part) for part in zip(*pixels, strict=True))
    ivar[5, 3000:] = 0
    ivar[9, 200:] = 0  # hardly a pixel
    classes = np.array(["STAR"] * 7 + ["Unknown"] * 4 + ["GALAXY"])
    sub = np.array(["M0", "dM1", "gM2", "M3", "M4", "K7", "M2"] + ["Non"] * 5)
    z = np.full(12, np.nan)
    z[9] = 1e-4
    toy_stars.write_ingest(folder / "ingest.h5", flux, ivar, **{"class": classes, "subclass": sub, "z": z})
    with open(folder / "candidates.csv", "w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["file", "rank", "p_m", "in_narrow_union"])
        listed = [["f9.fits", 1, 0.97, 1], ["f8.fits", 2, 0.6, 1], ["f7.fits", 3, 0.5, 1]]
        writer.writerows([*listed, ["f10.fits", 4, 0.9, 0]])  # likely, but in no narrow list
    return folder, subtypes, velocities


def run(folder, name, *options, **changes):
    argv = [*words(**changes), "--target", "M", "--spectra", str(folder / "ingest.h5"), *options]
    argv += ["--templates", str(folder / "templates.h5"), "--output", str(folder / name)]
    assert measure.main(argv) == 0
    with h5py.File(folder / name) as file:
        return read_columns(file, list(file)), dict(file.attrs)


def test_released(folder):
    folder, subtypes, velocities = folder
    rows, attrs = run(folder, "released.h5", "--kind", "released")
    assert list(rows["file"]) == [f"f{k}.fits" for k in (0, 1, 2, 3, 4, 6)]
    assert (rows["source"] == "released").all() and np.isnan(rows["p_m"]).all()
    picked = [0, 1, 2, 3, 4, 6]
    assert rows["rv"] == pytest.approx(velocities[picked], abs=12)
    assert (np.abs(rows["rv"] - velocities[picked]) < 4 * rows["rv_err"]).all()
    assert rows["subtype"] == pytest.approx(subtypes[picked], abs=0.7)
    assert list(rows["subclass_pipeline"]) == ["M0", "dM1", "gM2", "M3", "M4", "M2"]
    for name in ("tio1", "tio5", "cah1", "caoh", "na", "zeta", "ewha", "subtype", "rv"):
        assert (np.isfinite(rows[name]) == np.isfinite(rows[f"{name}_err"])).all(), name
    assert {"zeta_err_cov", "zeta_l07", "zeta_d12", "zeta_z19", "snr_ha", "rv_r", "rv_template"} <= set(rows)
    assert rows["flags"].dtype == np.uint32 and attrs["step"] == "measure" and attrs["rv_offset"] == 0
    assert not measure_flags.has(rows["flags"], "frame_zero").any()


def test_candidates_are_those_of_high_probability(folder):
    folder, *_ = folder
    rows, _ = run(folder, "c.h5", "--kind", "candidates", "--candidates", str(folder / "candidates.csv"))
    assert list(rows["file"]) == ["f7.fits", "f8.fits", "f9.fits"]  # order of the shard, not of the ranks
    assert rows["p_m"] == pytest.approx([0.5, 0.6, 0.97]) and (rows["source"] == "new").all()
    blind = rows["file"] == "f9.fits"
    assert np.isnan(rows["rv"][blind]).all() and np.isnan(rows["rv_err"][blind]).all()
    assert measure_flags.has(rows["flags"][blind], "rv_none").all()
    assert measure_flags.has(rows["flags"][blind], "frame_z").all()
    assert rows["rv_template"][blind][0] == "" and rows["subtype_text"][blind][0] == ""


def test_labels_add_and_remove(folder):
    folder, *_ = folder
    (folder / "labels.csv").write_text("file,label\nf10.fits,M\nf8.fits,Other\nf7.fits,\nf1.fits,M\n")
    options = [
        "--kind",
        "candidates",
        "--candidates",
        str(folder / "candidates.csv"),
        "--labels",
        str(folder / "labels.csv"),
    ]
    rows, _ = run(folder, "l.h5", *options)
    assert list(rows["file"]) == ["f7.fits", "f9.fits", "f10.fits"]


def test_no_candidate_keeps_all_columns(folder):
    folder, *_ = folder
    some, _ = run(folder, "some.h5", "--kind", "released")
    none, _ = run(folder, "none.h5", "--kind", "candidates", "--candidates", str(folder / "candidates.csv"), min_p=1.0)
    assert set(some) == set(none)
    assert all(len(values) == 0 for values in none.values())
    assert all(none[key].dtype.kind == some[key].dtype.kind for key in some)


def test_threads_do_not_matter(folder, monkeypatch):
    folder, *_ = folder
    monkeypatch.setattr(measure, "BLOCK", 2)
    for threads in (1, 2, 3):
        run(folder, f"t{threads}.h5", "--kind", "released", "--threads", str(threads))
    one = (folder / "t1.h5").read_bytes()
    assert (folder / "t2.h5").read_bytes() == one and (folder / "t3.h5").read_bytes() == one


def test_offset_is_added_and_recorded(folder):
    folder, *_ = folder
    plain, _ = run(folder, "p.h5", "--kind", "released")
    moved, attrs = run(folder, "o.h5", "--kind", "released", rv_offset=4.5)
    assert moved["rv"] - plain["rv"] == pytest.approx(4.5)
    assert attrs["rv_offset"] == 4.5
    assert (moved["tio5"] == plain["tio5"]).all()


def test_zero_point_of_types_is_added_and_recorded(folder):
    """To both types alike; what is flagged and refused stays so."""
    folder, *_ = folder
    plain, attrs = run(folder, "z.h5", "--kind", "released")
    assert attrs["subtype_zero"] == 0
    moved, attrs = run(folder, "y.h5", "--kind", "released", subtype_zero=-1.25)
    for key in ("subtype", "subtype_template"):
        assert moved[key] - plain[key] == pytest.approx(-1.25, nan_ok=True), key
    assert attrs["subtype_zero"] == -1.25 and (moved["subtype_zero"] == -1.25).all()
    told = plain["subtype_template"][np.isfinite(plain["subtype_template"])]
    assert len(told) and (told >= -2.5).all() and (told < 9.5).all()
    assert plain["subtype_text"][3] == "M3" and moved["subtype_text"][3] == "M2"
    assert all((moved[key] == plain[key]).all() for key in ("flags", "subtype_err", "subtype_chi2", "tio5"))


def test_usage(folder, capsys):
    folder, *_ = folder
    from mstarhash.common.errors import exit_code

    argv = [
        *words(),
        "--target",
        "M",
        "--spectra",
        str(folder / "ingest.h5"),
        "--templates",
        str(folder / "templates.h5"),
    ]
    argv += ["--kind", "candidates", "--output", str(folder / "u.h5")]
    assert exit_code(measure.main, argv) == 2
    assert "--candidates" in capsys.readouterr().err
    (folder / "bad.csv").write_text("name\nx\n")
    assert exit_code(measure.main, [*argv, "--candidates", str(folder / "bad.csv")]) == 2
    assert "bad.csv" in capsys.readouterr().err
    assert not (folder / "u.h5").exists()


def test_flag_names():
    flags = measure_flags.combine(rv_edge=np.array([True, False]), frame_zero=np.array([True, True]))
    assert list(flags) == [33, 32] and flags.dtype == np.uint32
    assert list(measure_flags.has(flags, "rv_edge")) == [True, False]
    bits = [bit for bit, _ in measure_flags.BITS.values()]
    assert sorted(bits) == list(range(len(bits)))


def test_texts_survive(folder):
    folder, *_ = folder
    run(folder, "r.h5", "--kind", "released")
    with h5py.File(folder / "r.h5") as file:
        assert list(file)[0:1] and read_text(file["lmjd"])[0] == "lmjd0"
        assert file["order"].dtype == np.uint64
