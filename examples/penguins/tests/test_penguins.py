"""The parts as plain Python, and the whole as a person runs it."""

import csv
import json
import re
import shutil
import subprocess
import sysconfig
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import penguins

PROJECT = Path(__file__).parents[1]
DATA = PROJECT / "data" / "penguins.csv"
MEASUREMENTS = ["bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g"]
LOLPOP = Path(sysconfig.get_path("scripts")) / "lolpop"


class Listener(penguins.StdOutNotifier):
    """Keep what was said."""

    def __init__(self) -> None:
        self.heard: list[str] = []

    def notify(self, message: str) -> None:
        self.heard.append(message)


@pytest.fixture
def listener() -> Listener:
    return Listener.create()


@pytest.fixture
def connector(tmp_path: Path) -> penguins.LocalDataConnector:
    folder = tmp_path / "new" / "outputs"
    return penguins.LocalDataConnector.create({"output_folder": folder})


@pytest.fixture
def process(connector: penguins.LocalDataConnector, listener: Listener) -> penguins.OfflineProcess:
    config = {"train_data": DATA, "measurements": MEASUREMENTS}
    return penguins.OfflineProcess.create(config, data_connector=connector, notifier=listener)


@pytest.fixture
def trainer() -> penguins.SklearnTrainer:
    config = {"measurements": MEASUREMENTS, "categories": ["island", "sex"]}
    return penguins.SklearnTrainer.create(config)


def test_load_reads_the_whole_file(process: penguins.OfflineProcess, listener: Listener) -> None:
    frame = process.load()
    assert len(frame) == 344
    assert frame.index.name == "row"
    assert listener.heard == ["read 344 rows from penguins.csv"]


def test_clean_drops_only_rows_without_measurements(
    process: penguins.OfflineProcess, listener: Listener
) -> None:
    raw = process.load()
    untouched = raw.copy(deep=True)
    cleaned = process.clean(raw)
    assert sorted({*raw.index} - {*cleaned.index}) == [3, 271]
    assert int(cleaned["sex"].isna().sum()) == 9
    assert listener.heard[1:] == [
        "dropped 2 rows without measurements, kept 342",
        "kept 9 rows without sex: the model fills it in",
    ]
    pd.testing.assert_frame_equal(raw, untouched)


def test_split_is_a_stratified_partition_that_the_seed_chooses(
    process: penguins.OfflineProcess,
) -> None:
    cleaned = process.clean(process.load())
    training, held_out = process.split(cleaned, seed=7)
    assert (len(training), len(held_out)) == (256, 86)
    assert sorted([*training.index, *held_out.index]) == [*cleaned.index]
    assert held_out["species"].value_counts().to_dict() == {
        "Adelie": 38,
        "Gentoo": 31,
        "Chinstrap": 17,
    }
    pd.testing.assert_frame_equal(held_out, process.split(cleaned, seed=7)[1])
    assert [*process.split(cleaned, seed=8)[1].index] != [*held_out.index]


def test_model_takes_missing_values_and_islands_never_seen(
    process: penguins.OfflineProcess, trainer: penguins.SklearnTrainer
) -> None:
    training, held_out = process.split(process.clean(process.load()), seed=7)
    model = trainer.fit(training, seed=7)
    odd = held_out.head(3).assign(island="Elsewhere", sex=None, bill_depth_mm=float("nan"))
    predictions = penguins.SklearnPredictor.create().predict(model, odd)
    assert [*predictions.columns] == ["species", "predicted", "probability"]
    assert [*predictions.index] == [*odd.index]
    assert predictions["probability"].between(1 / 3, 1).all()
    assert trainer.describe(model) == "LogisticRegression on 6 columns (9 inputs once prepared)"


def test_same_seed_gives_the_same_predictions(
    process: penguins.OfflineProcess, trainer: penguins.SklearnTrainer
) -> None:
    training, held_out = process.split(process.clean(process.load()), seed=7)
    predictor = penguins.SklearnPredictor.create()
    first, second = (predictor.predict(trainer.fit(training, 7), held_out) for _ in range(2))
    pd.testing.assert_frame_equal(first, second)


def test_metrics_of_a_hand_made_case() -> None:
    truth = pd.Series(["a", "a", "b", "c"])
    predicted = pd.Series(["a", "b", "b", "b"])
    assert penguins.ClassificationMetrics.create().measure(truth, predicted) == {
        "rows": 4,
        "accuracy": 0.5,
        "classes": {
            "a": {"precision": 1.0, "recall": 0.5, "rows": 2},
            "b": {"precision": pytest.approx(1 / 3), "recall": 1.0, "rows": 1},
            "c": {"precision": 0.0, "recall": 0.0, "rows": 1},
        },
        "confusion": [[1, 1, 0], [0, 1, 0], [0, 1, 0]],
    }


def test_connector_makes_its_folder_and_returns_what_it_wrote(
    connector: penguins.LocalDataConnector, tmp_path: Path
) -> None:
    table = connector.write_csv(pd.DataFrame({"x": [1, None]}).rename_axis("row"), "t.csv")
    document = connector.write_json({"x": [1, "é"]}, "d.json")
    assert table == tmp_path / "new" / "outputs" / "t.csv"
    assert table.read_text(encoding="utf-8") == "row,x\n0,1.0\n1,\n"
    assert json.loads(document.read_text(encoding="utf-8")) == {"x": [1, "é"]}


def test_timer_reports_and_changes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    def halve(number: int) -> float:
        """Divide by two."""
        return 1 / (number - 1)

    timed = penguins.Timer.create().decorator(halve, penguins.OfflineTrain.create())
    assert (timed(number=3), timed.__doc__) == (0.5, "Divide by two.")
    with pytest.raises(ZeroDivisionError):
        timed(1)
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 2
    assert all(re.fullmatch(r"  OfflineTrain\.halve: \d+\.\d{3} s", line) for line in lines)


@dataclass(frozen=True)
class Whole:
    """What one run left behind."""

    printed: str
    predictions: list[dict[str, str]]
    metrics: dict[str, Any]
    files: dict[str, bytes]


def run_workflow(project: Path, *options: str) -> Whole:
    shutil.copytree(
        PROJECT, project, ignore=shutil.ignore_patterns("outputs", ".lolpop", "__pycache__")
    )
    command = [str(LOLPOP), "run", "workflow", *options]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    outputs = project / "outputs"
    with (outputs / "predictions.csv").open(newline="", encoding="utf-8") as lines:
        predictions = [*csv.DictReader(lines)]
    metrics = json.loads((outputs / "metrics.json").read_text(encoding="utf-8"))
    files = {path.name: path.read_bytes() for path in outputs.iterdir()}
    return Whole(done.stdout, predictions, metrics, files)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Whole:
    return run_workflow(tmp_path_factory.mktemp("whole") / "penguins")


def test_run_says_what_it_does(whole: Whole) -> None:
    for line in (
        "read 344 rows from penguins.csv",
        "dropped 2 rows without measurements, kept 342",
        "kept 9 rows without sex: the model fills it in",
        "split: 256 rows to train on, 86 held out",
        "fitted LogisticRegression on 6 columns (9 inputs once prepared)",
        "predicted the species of 86 penguins",
    ):
        assert line in whole.printed.splitlines()
    assert re.search(
        r"^wrote \S*outputs/predictions\.csv \(86 rows\)$", whole.printed, re.MULTILINE
    )
    assert re.search(r"^wrote \S*outputs/metrics\.json$", whole.printed, re.MULTILINE)


def test_run_times_every_pipeline_method_once(whole: Whole) -> None:
    timed = re.findall(r"^  (\w+\.\w+): \d+\.\d{3} s$", whole.printed, re.MULTILINE)
    assert timed == [
        "process.load",
        "process.clean",
        "process.split",
        "train.fit",
        "predict.predict",
        "train.evaluate",
        "predict.write",
        "train.write",
    ]


def test_accuracy_is_what_the_predictions_say(whole: Whole) -> None:
    right = sum(row["species"] == row["predicted"] for row in whole.predictions)
    accuracy = right / len(whole.predictions)
    assert accuracy >= 0.95
    assert whole.metrics["rows"] == len(whole.predictions) == 86
    assert whole.metrics["accuracy"] == pytest.approx(accuracy)
    printed = re.findall(r"^accuracy (\S+) on 86 held-out rows$", whole.printed, re.MULTILINE)
    assert printed == [f"{accuracy:.4f}"]


def test_metrics_of_each_class_are_what_the_predictions_say(whole: Whole) -> None:
    pairs = [(row["species"], row["predicted"]) for row in whole.predictions]
    species = ["Adelie", "Chinstrap", "Gentoo"]
    confusion = [[pairs.count((true, guess)) for guess in species] for true in species]
    assert whole.metrics["confusion"] == confusion
    assert [*whole.metrics["classes"]] == species
    for position, name in enumerate(species):
        found = whole.metrics["classes"][name]
        hits = confusion[position][position]
        assert found["rows"] == sum(confusion[position])
        assert found["recall"] == pytest.approx(hits / sum(confusion[position]))
        assert found["precision"] == pytest.approx(hits / sum(row[position] for row in confusion))


def test_predictions_are_about_rows_of_the_data(whole: Whole) -> None:
    with DATA.open(newline="", encoding="utf-8") as lines:
        data = [*csv.DictReader(lines)]
    assert len(data) == 344
    rows = [int(row["row"]) for row in whole.predictions]
    assert len({*rows}) == 86
    assert rows == sorted(rows)
    assert {3, 271}.isdisjoint(rows)
    assert [row["species"] for row in whole.predictions] == [data[row]["species"] for row in rows]


def test_another_run_gives_the_same_files_and_another_seed_does_not(
    whole: Whole, tmp_path: Path
) -> None:
    again = run_workflow(tmp_path / "again")
    other = run_workflow(tmp_path / "other", "--param", "seed=8")
    assert again.files == whole.files
    assert {*whole.files} == {"metrics.json", "predictions.csv"}
    assert other.files["predictions.csv"] != whole.files["predictions.csv"]


def test_workflow_imports_no_orchestrator() -> None:
    sources = [path.read_text(encoding="utf-8") for path in (PROJECT / "penguins").glob("*.py")]
    imported = {
        match
        for text in sources
        for match in re.findall(r"^(?:from|import) (\w+)", text, re.MULTILINE)
    }
    assert imported == {
        "collections",
        "functools",
        "json",
        "lolpop",
        "pandas",
        "pathlib",
        "penguins",
        "sklearn",
        "time",
        "typing",
    }
