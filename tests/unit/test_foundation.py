import argparse
import json
import os
import re
from pathlib import Path

import numpy as np
import pytest
from mstarhash.common import checking, configuration
from mstarhash.common.errors import InputError, exit_code
from mstarhash.common.files import Superseded, replacing
from mstarhash.common.imports import library_of
from mstarhash.common.texttables import read_rows, rows_of, write_rows
from mstarhash.learn.set_file import copies_for
from mstarhash.spectra import shards

SCHEMA = configuration.read_schema()


def test_identity_and_order():
    name = "a/b/DR3_spec-55939-GAC_061N46_V3_sp07-078.fits.gz"
    assert shards.identity_of_name(name) == ("55939", "GAC_061N46_V3", "7", "78")
    assert shards.identity_of_name("a/other.fits") is None
    assert shards.stem("a/other.fits.gz") == "other"
    key = shards.order_key(("55939", "GAC_061N46_V3", "7", "78"))
    assert 0 <= key < 2**64
    assert [shards.shard_of(k, 4) for k in (0, 2**62 - 1, 2**62, 2**64 - 1)] == [0, 0, 1, 3]
    assert shards.shard_of(key, 8) // 2 == shards.shard_of(key, 4)  # shards are cut from one order


def test_flags_come_back_and_numbers_have_one_spelling():
    part = SCHEMA["properties"]["rebin"]
    values = {"wave_min": 3900, "wave_max": 9000.0, "step": 1e-4, "noise": 16}
    values |= {"smooth": 8, "scale": "robust", "thin": 4}
    words = configuration.flag_list(values, part)
    assert words == configuration.flag_list(dict(reversed(values.items())) | {"wave_min": 3900.0}, part)
    args = configuration.section_parser("", "rebin").parse_args(words)
    assert {key: getattr(args, key) for key in values} == values
    assert re.fullmatch("[0-9a-f]{16}", configuration.config_hash(args))


def test_a_key_of_two_sections_must_be_named():
    with pytest.raises(ValueError, match="seed: in more than one of the sections positives, train"):
        configuration.section_parser("", "positives", "train")
    configuration.section_parser("", "positives", "train", shared=("components", "seed"))


@pytest.mark.parametrize(
    "value, schema, text",
    [
        (None, {"type": ["string", "null"]}, ""),
        (True, {"type": "boolean"}, "true"),
        ([1, 2], {"type": "array", "items": {"type": "integer"}}, "1,2"),
        (-1.5, {"type": "number"}, "-1.5"),
    ],
)
def test_text_of_values(value, schema, text):
    assert configuration.to_text(value, schema) == text
    assert configuration.from_text(text, schema) == value


def test_wrong_text_is_refused():
    with pytest.raises(argparse.ArgumentTypeError, match="number"):
        configuration.from_text("x", {"type": "number"})


@pytest.mark.parametrize(
    "edit, message",
    [
        (lambda c: c["rebin"].update(stepp=1), r"rebin\.stepp.*rebin\.step'"),
        (lambda c: c.update(rebinn={}), r"'rebinn'.*'rebin'"),
        (lambda c: c["rebin"].update(step="wide"), r"rebin\.step: 'wide' is not of type 'number'"),
        (lambda c: c["retrieve"].update(narrow="wide"), r"retrieve\.narrow: 'wide' is neither a number nor auto"),
        (lambda c: c["rebin"].update(wave_min=9500.0), "wave_min must be below"),
        (lambda c: c["match"].update(wave_min=9100.0), r"match\.wave_min must be below match\.wave_max"),
        (lambda c: c["measure"].update(rv_low=9000.0), r"rv_low must be below"),
        (lambda c: c["measure"].update(rv_mask=[5570.0]), r"rv_mask: pairs"),
        (lambda c: c["completeness"].update(snr=[3.0, 1.0]), "edges must increase"),
        (lambda c: c["rebin"].update(smooth=float("nan")), r"rebin\.smooth: nan is no number"),
        (lambda c: c["match"].update(floor=float("inf")), r"match\.floor: inf is no number"),
        (lambda c: c["match"].update(bins=5000), r"match\.bins: 5000 is greater than"),
        (lambda c: c.update(results="a/{x}"), "results: 'a/{x}' does not match"),
        (lambda c: c["train"].pop("bits"), "train: 'bits' is a required"),
    ],
)
def test_config_mistakes_are_named(edit, message, default_config):
    config = json.loads(json.dumps(default_config))
    checking.check(config)
    edit(config)
    with pytest.raises(InputError, match=message):
        checking.check(config)


def test_replacing_is_whole_or_absent(tmp_path):
    path = tmp_path / "out"
    with pytest.raises(ValueError), replacing(path) as name:
        Path(name).write_text("half")
        raise ValueError
    assert list(tmp_path.iterdir()) == []
    with replacing(path) as name:
        Path(name).write_text("whole")
    assert path.read_text() == "whole" and [p.name for p in tmp_path.iterdir()] == ["out"]


def test_a_job_left_behind_does_not_overwrite(tmp_path):
    path = tmp_path / "out"
    with pytest.raises(Superseded), replacing(path) as old:
        Path(old).write_text("old")
        with replacing(path) as new:
            Path(new).write_text("new")
        assert not os.path.exists(old)
    assert path.read_text() == "new"


def test_library_follows_imports(tmp_path):
    package = tmp_path / "lib"
    (package / "deep").mkdir(parents=True)
    texts = {
        "__init__": "",
        "a": "from lib.deep.b import x",
        "c": "",
        "deep/__init__": "",
        "deep/b": "x = 1",
        "deep/d": "",
    }
    for name, text in texts.items():
        (package / f"{name}.py").write_text(text)
    script = tmp_path / "s.py"
    script.write_text("def main():\n    from lib import a\n")
    files = [str(Path(path).relative_to(package)) for path in library_of(script, tmp_path)]
    assert files == ["__init__.py", "a.py", "deep/__init__.py", "deep/b.py"]


def test_input_errors_are_one_line(capsys):
    def main(argv):
        raise InputError("x.fits: no")

    assert exit_code(main) == 2
    assert capsys.readouterr().err == "error: x.fits: no\n"


def test_files_that_cannot_be_used_are_one_line(capsys, tmp_path):
    def main(argv):
        open(argv)  # noqa: SIM115

    assert exit_code(main, tmp_path / "none") == 2
    assert capsys.readouterr().err == f"error: {tmp_path}/none: no such file or directory\n"
    assert exit_code(main, tmp_path) == 2
    assert capsys.readouterr().err == f"error: {tmp_path}: is a directory\n"


def test_a_key_that_stands_twice_is_refused(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text("train:\n  bits: 64\nmatch: {bins: 2}\ntrain:\n  seed: 3\n")
    with pytest.raises(InputError, match=r"mine.yaml: line 4: key 'train' stands twice"):
        checking.refuse_doubles(path)
    path.write_text("train: {bits: 64}\nmatch: {bins: 2}\n")
    checking.refuse_doubles(path)


def test_hdf5_that_is_none_is_one_line(tmp_path):
    from mstarhash.spectra.hdf5 import create, open_h5

    with pytest.raises(InputError, match="none.h5: no such file"):
        open_h5(tmp_path / "none.h5")
    with create(tmp_path / "whole.h5", "train", "") as out:
        out["x"] = range(1000)
    with open_h5(tmp_path / "whole.h5", "train") as source:
        assert len(source["x"]) == 1000
    with pytest.raises(InputError, match="of the step train, but .* of the step match is wanted"):
        open_h5(tmp_path / "whole.h5", "match")
    data = (tmp_path / "whole.h5").read_bytes()
    for part in (data[: len(data) // 2], b"", b"no stars"):
        (tmp_path / "cut.h5").write_bytes(part)
        with pytest.raises(InputError, match="cut.h5: not an HDF5 file, or cut short"):
            open_h5(tmp_path / "cut.h5")


def test_a_table_of_numbers_comes_back(tmp_path):
    rows = [{"a": 1, "b": 2 / 3, "c": "M3, dwarf"}, {"a": np.int64(7), "b": np.nan}]
    write_rows(tmp_path / "t.csv", ("a", "b", "c"), rows, 4)
    assert rows_of(tmp_path / "t.csv") == [{"a": "1", "b": "0.6667", "c": "M3, dwarf"}, {"a": "7", "b": "", "c": ""}]
    assert rows_of(tmp_path / "none.csv") == []
    with pytest.raises(FileNotFoundError, match="none.csv"):  # a table that must be there
        read_rows(tmp_path / "none.csv")
    with pytest.raises(ValueError, match="d"):
        write_rows(tmp_path / "t.csv", ("a",), [{"d": 1}])


def test_few_spectra_get_as_many_copies_as_many_would():
    assert [copies_for(n, 3, 500) for n in (0, 1, 7, 499, 1499, 1500, 9000)] == [4500, 4500, 643, 10, 4, 3, 3]
    assert copies_for(0, 3, 0) == 3
