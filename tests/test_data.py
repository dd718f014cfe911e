"""The data sets are what they say, cannot be changed by accident, and files are known by their checksums."""

import shutil

import numpy as np
import pytest
from sklearn import datasets

from course_utils import data
from course_utils.data import (
    Dataset,
    load_capstone,
    load_diabetes,
    load_digits,
    load_segments,
    load_sonnets,
    load_sunspots,
    make_blobs,
    make_documents,
    make_linear,
    reconstruction,
)

PARTS = ("train", "val", "test")
ALL = {"blobs": make_blobs, "documents": make_documents, "digits": load_digits, "diabetes": load_diabetes,
       "raw diabetes": lambda: load_diabetes(scaled=False), "segments": lambda: load_segments(opened=True),
       "sunspots": load_sunspots, "sonnets": load_sonnets, "linear": make_linear,
       "reconstructed digits": lambda: reconstruction(load_digits())}


@pytest.mark.parametrize("make", [make_blobs, make_documents, make_linear], ids=lambda make: make.__name__)
def test_a_large_fresh_test_part_leaves_the_rest_as_it_is(make):
    usual, fresh = make(), make(test_size=12_000)
    for part in ("train", "val"):
        assert np.array_equal(getattr(usual, f"x_{part}"), getattr(fresh, f"x_{part}"))
        assert np.array_equal(getattr(usual, f"y_{part}"), getattr(fresh, f"y_{part}"))
    assert len(fresh.y_test) == len(fresh.x_test) == 12_000 and fresh.val_ceiling == usual.val_ceiling
    assert np.array_equal(make(test_size=12_000).x_test, fresh.x_test)
    rows = {row.tobytes() for row in fresh.x_test}
    assert not any(row.tobytes() in rows for row in np.r_[usual.x_train, usual.x_test])
    spread = fresh.x_test.std(axis=0) / np.sqrt(len(usual.x_test))
    assert (np.abs(fresh.x_test.mean(axis=0) - usual.x_test.mean(axis=0)) < 5 * spread + 1e-9).all()
    assert abs(fresh.ceiling - usual.ceiling) < 0.06
    for size in (0, -1, 1.5, "100", True):
        with pytest.raises(ValueError, match="test_size must be a whole number of at least 1"):
            make(test_size=size)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A copy of data/ that a test may damage."""
    shutil.copytree(data.FOLDER, tmp_path / "data")
    monkeypatch.setattr(data, "FOLDER", tmp_path / "data")
    return tmp_path / "data"


def parts(d, axis):
    return np.concatenate([getattr(d, f"{axis}_{part}") for part in PARTS])


def test_blobs_are_the_two_halves_of_the_source_study():
    x, y = datasets.make_blobs(1000, centers=3, n_features=2, cluster_std=2.0, random_state=2)
    d = make_blobs()
    assert np.array_equal(d.x_train, x[:500].astype("float32")) and np.array_equal(d.y_train, y[:500])
    assert np.array_equal(d.x_test, x[500:].astype("float32")) and np.array_equal(d.y_test, y[500:])


def test_validation_blobs_come_from_the_same_gaussians_and_are_new_points():
    d = make_blobs()
    assert d.x_val.shape == (500, 2) and not set(map(tuple, d.x_val)) & set(map(tuple, np.r_[d.x_train, d.x_test]))
    for c in range(3):
        new, old = d.x_val[d.y_val == c], np.r_[d.x_train, d.x_test][np.r_[d.y_train, d.y_test] == c]
        assert np.allclose(new.mean(axis=0), old.mean(axis=0), atol=0.6)  # three standard errors of the difference
        assert np.allclose(new.std(axis=0), 2, atol=0.4)
    assert np.array_equal(make_blobs().x_val, d.x_val)
    assert not np.array_equal(make_blobs(validation_seed=4).x_val, d.x_val)


def test_ceiling_of_the_blobs_is_the_accuracy_of_the_nearest_centre():
    *_, centers = datasets.make_blobs(1000, centers=3, cluster_std=2.0, random_state=2, return_centers=True)
    d = make_blobs()
    answers = ((d.x_test[:, None] - centers) ** 2).sum(axis=2).argmin(axis=1)
    assert d.ceiling == pytest.approx(0.840) == np.mean(answers == d.y_test)


def test_documents_have_common_words_that_say_nothing_and_rare_ones_that_say_much():
    d = make_documents()
    x, y = parts(d, "x"), parts(d, "y")
    assert np.array_equal(x, x.round()) and x.min() == 0
    assert np.allclose(x[:, :20].mean(axis=0), 10 / np.arange(1, 21), rtol=0.1)
    assert 0.009 < x[:, 20:].mean() < 0.011
    for c in (0, 1):
        own = [i for i, name in enumerate(d.feature_names) if name.endswith(f"class {c}")]
        assert len(own) == 200 and 8 < x[y == c][:, own].mean() / x[y != c][:, own].mean() < 10
        assert np.allclose(x[y == c][:, :20].mean(axis=0), x[:, :20].mean(axis=0), rtol=0.1)


def test_ceiling_of_the_documents_is_the_accuracy_of_counting_rare_words_by_class():
    d = make_documents()
    side = np.array([1 if name.endswith("class 1") else -1 if name.endswith("class 0") else 0
                     for name in d.feature_names])
    for x, y, ceiling in ((d.x_test, d.y_test, d.ceiling), (d.x_val, d.y_val, d.val_ceiling)):
        votes = x @ side  # as many rare words lean to either class, so that there is no bias; ties go to class 0
        assert ceiling == pytest.approx(np.mean((votes > 0) == y), abs=1e-9) and 0.9 < ceiling < 1


def test_documents_of_another_seed_are_others_and_those_of_the_same_are_the_same():
    assert np.array_equal(make_documents(seed=3).x_test, make_documents(seed=3).x_test)
    assert not np.array_equal(make_documents(seed=3).x_test, make_documents().x_test)


@pytest.mark.parametrize("name, sizes, n_features", [
    ("blobs", (500, 500, 500), 2), ("documents", (2000, 2000, 2000), 420),
    ("digits", (1000, 397, 400), 64), ("diabetes", (242, 100, 100), 10), ("segments", (1000, 400, 686), 18),
])
def test_parts_have_the_stated_sizes(name, sizes, n_features):
    d = ALL[name]()
    assert tuple(len(getattr(d, f"y_{part}")) for part in PARTS) == sizes and d.n_features == n_features
    assert all(getattr(d, f"x_{part}").shape == (n, n_features) for part, n in zip(PARTS, sizes, strict=True))
    assert len(d.feature_names) == n_features


@pytest.mark.parametrize("name", ALL)
def test_arrays_are_read_only_and_of_the_kind_that_torch_takes(name):
    d = ALL[name]()
    for part in PARTS:
        x, y = getattr(d, f"x_{part}"), getattr(d, f"y_{part}")
        assert x.dtype == np.float32 and y.dtype == (np.int64 if d.task == "classification" else np.float32)
        for array in (x, y):
            with pytest.raises(ValueError, match="read-only"):
                array[0] = 1
    with pytest.raises(AttributeError):
        d.x_train = d.x_test
    assert np.array_equal(ALL[name]().x_train, d.x_train)  # every call gives the same split


def test_a_dataset_is_a_copy_of_what_it_was_made_from():
    x, y = np.zeros((2, 1), dtype=np.float32), np.zeros(2, dtype=np.int64)
    d = Dataset("small", x, y, x, y, x, y)
    x[0], y[0] = 5, 1
    assert d.x_train[0] == 0 and d.y_train[0] == 0 and d.n_classes == 1


def test_digits_are_those_of_scikit_learn_each_once():
    x, y = datasets.load_digits(return_X_y=True)
    d = load_digits()
    rows = lambda x, y: sorted(map(tuple, np.column_stack([x, y]).tolist()))
    assert rows(parts(d, "x") * 16, parts(d, "y")) == rows(x, y)
    assert d.n_classes == 10 and parts(d, "x").min() == 0 and parts(d, "x").max() == 1
    assert all(np.bincount(getattr(d, f"y_{part}"), minlength=10).min() > 20 for part in PARTS)
    assert not np.array_equal(load_digits(seed=1).y_train, d.y_train)


def test_diabetes_is_that_of_scikit_learn_each_row_once():
    raw = datasets.load_diabetes(scaled=False)
    d = load_diabetes(scaled=False)
    assert np.allclose(np.sort(parts(d, "x"), axis=0), np.sort(raw.data, axis=0), rtol=1e-4)
    assert np.allclose(np.sort(parts(d, "y")), np.sort(raw.target)) and list(d.feature_names) == raw.feature_names


def test_scaled_diabetes_has_mean_0_and_deviation_1_on_the_training_part_alone():
    d, raw = load_diabetes(), load_diabetes(scaled=False)
    for train, val in ((d.x_train, d.x_val), (d.y_train, d.y_val)):
        assert np.allclose(train.mean(axis=0), 0, atol=1e-5) and np.allclose(train.std(axis=0), 1, atol=1e-5)
        assert np.abs(val.mean(axis=0)).max() > 0.02  # scaled by the training part's numbers, not its own
    restored = d.x_test * raw.x_train.std(axis=0) + raw.x_train.mean(axis=0)
    assert np.allclose(restored, raw.x_test, rtol=1e-3, atol=1e-3)


def test_segments_are_distinct_patches_scaled_by_the_training_part_with_all_surfaces_in_each_part():
    d = load_segments(opened=True)
    assert len(set(map(tuple, parts(d, "x").tolist()))) == 2086 and d.n_classes == 7
    assert all(np.bincount(getattr(d, f"y_{part}"), minlength=7).min() > 40 for part in PARTS)
    assert np.allclose(d.x_train.mean(axis=0), 0, atol=1e-5) and np.allclose(d.x_train.std(axis=0), 1, atol=1e-5)
    assert np.abs(d.x_test.mean(axis=0)).max() > 0.02
    sky, grass = (d.x_train[d.y_train == c].mean(axis=0) for c in (5, 3))
    names = d.feature_names
    assert sky[names.index("region_centroid_row")] < grass[names.index("region_centroid_row")]  # rows count downwards
    assert sky[names.index("intensity_mean")] > 1 and grass[names.index("exgreen_mean")] > 1


def test_the_test_part_of_the_segments_stays_sealed_until_it_is_asked_for():
    sealed, opened = load_segments(), load_segments(opened=True)
    assert np.array_equal(sealed.x_test, sealed.x_val) and np.array_equal(sealed.x_train, opened.x_train)
    assert not np.array_equal(sealed.x_test, opened.x_test) and sealed.n_classes == opened.n_classes


def test_tasks_are_told_by_the_targets():
    assert make_blobs().task == "classification" and load_diabetes().task == "regression"
    with pytest.raises(ValueError, match="diabetes has no classes"):
        print(load_diabetes().n_classes)
    assert repr(make_blobs()) == ("blobs: classification, 500 training, 500 validation and 500 test examples of "
                                  "2 features")


def test_sunspots_are_the_years_in_order_and_each_target_comes_after_its_inputs():
    d, series = load_sunspots(9), np.sqrt(data._read("sunspots.csv")[:, 1])
    mean, sd = series[:-100].mean(), series[:-100].std()
    y, x = parts(d, "y"), parts(d, "x")
    assert np.allclose(y * sd + mean, series[9:], atol=1e-4) and x.shape == (300, 9)
    assert np.allclose(x[:, -1][1:], y[:-1], atol=1e-6)  # the last input is the year before the target
    assert np.allclose(x[20], y[11:20], atol=1e-6) and (len(d.y_val), len(d.y_test)) == (50, 50)


def test_no_year_of_the_later_parts_has_a_say_in_the_earlier_ones(folder):
    before = load_sunspots(9)
    lines = (folder / "sunspots.csv").read_text().splitlines()
    changed = lines[:-50] + [f"{line.split(',')[0]},999" for line in lines[-50:]]
    (folder / "sunspots.csv").write_text("\n".join(changed) + "\n")
    (folder / "checksums.txt").write_text(f"{data._checksum(folder / 'sunspots.csv')}  sunspots.csv\n")
    after = load_sunspots(9)
    for name in ("x_train", "y_train", "x_val", "y_val"):
        assert np.array_equal(getattr(before, name), getattr(after, name))
    assert not np.array_equal(before.y_test, after.y_test)


@pytest.mark.parametrize("window", [0, 101, 2.5, "ten"])
def test_a_window_that_makes_no_sense_is_refused(window):
    with pytest.raises(ValueError, match="window must be a whole number of years from 1 to 100, got"):
        load_sunspots(window)


def test_sonnets_are_the_text_and_each_target_is_the_character_behind():
    d, text = load_sonnets(8), (data.FOLDER / "sonnets.txt").read_text(encoding="utf-8").lower()
    x, y = parts(d, "x").astype(int), parts(d, "y")
    assert "".join(d.feature_names[i] for i in x.ravel()) == text[:x.size]
    assert "".join(d.feature_names[i] for i in y.ravel()) == text[1:y.size + 1]
    assert np.array_equal(x[:, 1:], y[:, :-1]) and d.n_classes == len(d.feature_names) == len(set(text)) == 38
    assert len(d.y_val) == pytest.approx(0.1 * len(y), abs=1) and len(d.y_test) == pytest.approx(0.1 * len(y), abs=2)


@pytest.mark.parametrize("context", [1, 513, 2.5])
def test_a_context_that_makes_no_sense_is_refused(context):
    with pytest.raises(ValueError, match="context must be a whole number of characters from 2 to 512, got"):
        load_sonnets(context)


def test_linear_problem_has_the_condition_number_and_the_noise_that_were_asked_for():
    d = make_linear(n_train=4000, n_features=5, kappa=100.0, noise=0.2)
    spectrum = np.linalg.eigvalsh(np.cov(d.x_train.T))
    assert 70 < spectrum[-1] / spectrum[0] < 140 and len(d.y_val) == len(d.y_test) == 400
    w = np.linalg.lstsq(d.x_train, d.y_train, rcond=None)[0]
    assert np.mean((d.x_test @ w - d.y_test) ** 2) == pytest.approx(d.ceiling, rel=0.02) == pytest.approx(0.04, rel=0.2)
    assert np.var(parts(d, "y")) == pytest.approx(1.04, rel=0.1)


def shares(signal, seed):
    """How much of the values each of five features explains, by least squares."""
    d = make_linear(n_train=400, n_features=5, kappa=100.0, signal=signal, noise=0.01, seed=seed)
    w = np.linalg.lstsq(d.x_train, d.y_train, rcond=None)[0]
    return (w * np.sqrt(np.logspace(0, -2, 5))) ** 2


def test_features_explain_alike_or_as_much_as_they_vary():
    assert np.allclose(shares("all alike", 3), 0.2, atol=0.02)
    found = np.median([shares("as large as they are", seed) for seed in range(60)], axis=0)
    assert np.allclose(found.sum(), 1, atol=0.3) and np.all(found[:-1] / found[1:] > 1.5)


def test_a_signal_of_no_kind_is_refused():
    with pytest.raises(ValueError, match='signal must be one of .*all alike.*, got .sparse.'):
        make_linear(signal="sparse")


def test_a_reconstruction_has_its_inputs_as_targets():
    d = reconstruction(load_digits())
    assert d.task == "regression" and all(np.array_equal(getattr(d, f"x_{p}"), getattr(d, f"y_{p}")) for p in PARTS)
    assert np.array_equal(d.x_test, load_digits().x_test)


def test_files_agree_with_their_checksums():
    assert data.verify() == []
    listed = set(data._checksums())
    stored = {path.name for path in data.FOLDER.iterdir() if path.suffix in (".csv", ".gz", ".npz", ".json")
              or path.name == "sonnets.txt"}
    assert listed == stored


@pytest.mark.parametrize("name, load", [
    ("digits.csv.gz", load_digits), ("diabetes.csv", load_diabetes), ("sunspots.csv", load_sunspots),
    ("sonnets.txt", load_sonnets), ("segments.csv.gz", load_segments), ("segments_test.csv.gz", ALL["segments"]),
    ("capstone_players.csv", load_capstone), ("capstone_outcomes.csv", lambda: load_capstone("outcomes")),
])
def test_a_damaged_or_missing_file_is_named_with_the_way_to_get_it_back(folder, name, load):
    content = (folder / name).read_bytes()
    (folder / name).write_bytes(content[:-9] + b"x" + content[-8:])
    assert data.verify() == [name]
    with pytest.raises(ValueError, match=f"{name} is damaged.*git checkout -- data/{name}"):
        load()
    (folder / name).unlink()
    assert data.verify() == [name]
    with pytest.raises(FileNotFoundError, match=f"{name} is missing.*git checkout -- data/{name}"):
        load()
