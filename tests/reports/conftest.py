"""A run simulated from end to end: real patients' counts, drawn scores, true metrics of them."""

import copy
import re
import shutil

import numpy as np
import pytest
from sklearn.metrics import (
    average_precision_score,
    precision_recall_curve,
    roc_auc_score,
    roc_curve,
)

PREVALENCE = {
    "Atelectasis": 0.103,
    "Cardiomegaly": 0.045,
    "Effusion": 0.119,
    "Infiltration": 0.177,
    "Mass": 0.052,
    "Nodule": 0.056,
    "Pneumonia": 0.033,
    "Pneumothorax": 0.047,
    "Consolidation": 0.042,
    "Edema": 0.031,
    "Emphysema": 0.032,
    "Fibrosis": 0.025,
    "Pleural_Thickening": 0.03,
    "Hernia": 0.012,
}
PARTS = {"train": (840, 280), "valid": (120, 40), "test": (240, 80)}
# name: kind, title, strength of the signal, seconds, parameters
ROWS = {
    "cnn6": ("deep", "Six-layer CNN", 0.85, 61.2, 1_234_567),
    "resnet50_frozen": ("deep", "ResNet50, frozen", 0.55, 48.0, 24_643_982),
    "resnet50": ("deep", "ResNet50, fine-tuned", 0.7, 97.5, 24_116_494),
    "densenet121": ("deep", "DenseNet121", 0.0, 12.0, None),
    "hog_lbp_xgboost": ("classical", "HOG + LBP, XGBoost", 1.05, 22.4, None),
    "embedding_xgboost": ("classical", "Embedding, XGBoost", 0.6, 30.1, None),
    "metadata_xgboost": ("floor", "Age, sex and view only", 0.35, 1.9, None),
    "prevalence": ("floor", "Training prevalence", 0.0, 0.01, None),
}
VERSIONS = {
    "python": "3.11.7",
    "cxrbench": "0.1.0",
    "keras": "3.15.0",
    "tensorflow": "2.21.0",
    "xgboost": "3.2.0",
}
MACHINE = {
    "cpu": "AMD EPYC 7B13",
    "cores": 2,
    "memory": 8_350_000_000,
    "system": "Linux 6.1 x86_64",
}


def draw_truth(rng):
    """Labels by part; findings of an image come together more often than by chance."""
    base = np.log(np.array(list(PREVALENCE.values())))
    truth = {}
    for part, (images, _) in PARTS.items():
        illness = rng.normal(0, 0.8, size=(images, 1))
        truth[part] = rng.random((images, len(base))) < np.exp(base + illness - 0.32)
    truth["test"][:, -1] = False  # a finding that the test part lacks
    return truth


def draw_scores(rng, truth, strength):
    difficulty = rng.uniform(0.5, 1.6, size=truth["test"].shape[1])
    scores = {}
    for part, labels in truth.items():
        boost = 1.5 if part == "train" else 1.0
        logits = rng.normal(size=labels.shape) + labels * strength * difficulty * boost * 1.3
        scores[part] = 1 / (1 + np.exp(3 - logits))
    return scores


def f1_threshold(labels, scores):
    candidates = np.unique(scores)[::3]
    called = scores[None] >= candidates[:, None]
    tp = (called & labels).sum(1)
    return float(candidates[np.argmax(2 * tp / (called.sum(1) + labels.sum()))])


def ratio(part, whole):
    return float(part / whole) if whole else None


def measure(labels, scores, threshold):
    called = scores >= threshold
    tp, fp = int((called & labels).sum()), int((called & ~labels).sum())
    fn, tn = int((~called & labels).sum()), int((~called & ~labels).sum())
    both = 0 < labels.sum() < len(labels)
    return {
        "n": len(labels),
        "positives": int(labels.sum()),
        "prevalence": float(labels.mean()),
        "auc": float(roc_auc_score(labels, scores)) if both else None,
        "ap": float(average_precision_score(labels, scores)) if both else None,
        "threshold": threshold,
        "rule": "f1",
        "note": "" if both else f"no positive among {len(labels)} images",
        "precision": ratio(tp, tp + fp),
        "recall": ratio(tp, tp + fn),
        "specificity": ratio(tn, tn + fp),
        "f1": ratio(2 * tp, 2 * tp + fp + fn),
        "accuracy": ratio(tp + tn, len(labels)),
        "tp": tp,
        "fp": fp,
        "tn": tn,
        "fn": fn,
    }


def macro(lines):
    keys = ("auc", "ap", "precision", "recall", "specificity", "f1", "accuracy", "prevalence")
    means = {}
    for key in keys:
        given = [line[key] for line in lines if line[key] is not None]
        means[key] = float(np.mean(given)) if given else None
    left_out = sum(line["auc"] is None for line in lines)
    note = (
        f"mean of {len(lines) - left_out} findings: {left_out} lacks positives" if left_out else ""
    )
    counts = {
        key: sum(line[key] for line in lines) for key in ("positives", "tp", "fp", "tn", "fn")
    }
    return {
        "n": lines[0]["n"],
        "threshold": None,
        "rule": "f1",
        "note": note,
        **means,
        **counts,
    }


def evaluate(row, truth, scores):
    metrics = []
    thresholds = [
        f1_threshold(truth["valid"][:, j], scores["valid"][:, j]) for j in range(len(PREVALENCE))
    ]
    for part in PARTS:
        lines = []
        for j, finding in enumerate(PREVALENCE):
            values = measure(truth[part][:, j], scores[part][:, j], thresholds[j])
            few = int(truth["valid"][:, j].sum())
            if few < 5 and not values["note"]:
                values["note"] = f"valid holds {few} positives: threshold at the prevalence"
                values["rule"] = "prevalence"
            lines.append({"row": row, "part": part, "finding": finding, **values})
        metrics += lines
        metrics.append({"row": row, "part": part, "finding": "macro", **macro(lines)})
        pooled = measure(truth[part].ravel(), scores[part].ravel(), 0.5) | {"threshold": None}
        metrics.append({"row": row, "part": part, "finding": "micro", **pooled})
    return metrics


def thin(*arrays, points=100):
    keep = np.unique(np.linspace(0, len(arrays[0]) - 1, points).astype(int))
    return [[float(v) for v in array[keep]] for array in arrays]


def curves(truth, scores):
    result = {}
    for j, finding in enumerate(PREVALENCE):
        labels, given = truth["test"][:, j], scores["test"][:, j]
        if not 0 < labels.sum() < len(labels):
            continue
        fpr, tpr, cuts = thin(*roc_curve(labels, given))
        roc = {"fpr": fpr, "tpr": tpr, "threshold": [None, *cuts[1:]]}
        precision, recall, cuts = precision_recall_curve(labels, given)
        precision, recall, cuts = thin(precision, recall, np.append(cuts, np.nan))
        pr = {"recall": recall, "precision": precision, "threshold": [*cuts[:-1], None]}
        result[finding] = {"roc": roc, "pr": pr}
    return result


def history(rng, epochs):
    lines = []
    for epoch in range(1, epochs + 1):
        loss = 0.2 + 0.5 * np.exp(-epoch / 3)
        lines.append(
            {
                "epoch": epoch,
                "loss": loss + rng.normal(0, 0.005),
                "val_loss": loss + 0.004 * epoch + rng.normal(0, 0.01),
                "accuracy": 0.945 - 0.2 * np.exp(-epoch / 2),
                "val_accuracy": 0.94 - 0.22 * np.exp(-epoch / 2),
                "val_auc": None if epoch == 1 else 0.72 - 0.2 * np.exp(-epoch / 4),
            }
        )
    return lines


def describe_row(name):
    kind, title, _, seconds, parameters = ROWS[name]
    failed = name == "densenet121"
    return {
        "name": name,
        "title": title,
        "model": name,
        "status": "failed" if failed else "done",
        "reason": "out of memory: 2.1 GB asked for, 1.4 GB free" if failed else None,
        "kind": kind,
        "seconds": seconds,
        "parameters": parameters,
        "peak_memory": None if failed else int(4e8 + 3e7 * seconds),
        "weights": "random" if name.startswith(("resnet", "dense", "embed")) else None,
        "notes": ["stopped after epoch 9: val_loss had not fallen for 5"] if name == "cnn6" else [],
        "options": {"epochs": 12} if kind == "deep" else {"rounds": 200},
        "cost": {} if failed else describe_cost(name),
        "versions": {} if failed else dict(VERSIONS),
        "machine": None if failed else dict(MACHINE),
        "finished": None if failed else "2026-11-20T09:58:12+00:00",
    }


def describe_cost(name):
    kind, _, _, seconds, parameters = ROWS[name]
    epoch = seconds / 15 if kind == "deep" else None
    boosted = name.endswith("xgboost")
    return {
        "parameters": parameters,
        "trainable_parameters": parameters and parameters - 1920,
        "trees": 2800 if boosted else None,
        "leaves": 18_119 if boosted else None,
        "seconds_fit": 0.9 * seconds,
        "seconds_predict": 0.1 * seconds,
        "seconds_first_epoch": epoch and 3 * epoch,
        "seconds_epoch": epoch,
        "images_fit": 840,
        "images_predict": 1200,
        "images_per_second_fit": epoch and 840 / epoch,
        "images_per_second_predict": 12_000 / seconds,
        "peak_memory": int(4e8 + 3e7 * seconds),
        "peak_device_memory": None,
        "model_bytes": 4 * parameters if parameters else (2_900_000 if boosted else 1_300),
        "device": "AMD EPYC 7B13",
    }


def simulate(seed=0):
    rng = np.random.default_rng(seed)
    truth = draw_truth(rng)
    everything = np.vstack(list(truth.values())).astype(int)
    metrics, drawn, fits = [], {}, {}
    for name, (kind, _, strength, *_) in ROWS.items():
        if name == "densenet121":
            continue
        scores = draw_scores(rng, truth, strength)
        if name == "prevalence":
            rates = truth["train"].mean(0)
            scores = {part: np.tile(rates, (len(labels), 1)) for part, labels in truth.items()}
        metrics += evaluate(name, truth, scores)
        drawn[name] = curves(truth, scores)
        if kind == "deep":
            fits[name] = history(rng, 9 if name == "cnn6" else 14)
    return {
        "name": "demo",
        "title": "Classical features against deep networks on the phantom",
        "created": "2026-11-20T10:00:00+00:00",
        "banners": [
            {
                "level": "warning",
                "text": "Backbones start from random weights: resnet50_frozen, resnet50, "
                "densenet121 and embedding_xgboost say nothing about ImageNet pre-training.",
            }
        ],
        "data": {
            "source": "phantom",
            "folder": "data/phantom",
            "table": "Data_Entry_2017.csv",
            "images": 1200,
            "patients": 400,
            "missing": 0,
            "surplus": 2,
            "damaged": ["00000017_003.png"],
            "warnings": ["2 images on disk are not in the table"],
            "size": 128,
            "parts": [
                {
                    "part": part,
                    "images": images,
                    "patients": patients,
                    "positives": dict(zip(PREVALENCE, map(int, truth[part].sum(0)), strict=True)),
                }
                for part, (images, patients) in PARTS.items()
            ],
        },
        "findings": [
            {"name": name, "label": name.replace("_", " ").capitalize()} for name in PREVALENCE
        ],
        "cooccurrence": (everything.T @ everything).tolist(),
        "split": {
            "kind": "patient",
            "seed": 0,
            "valid": 0.1,
            "test": 0.2,
            "fingerprint": "9f2c41d07ab35e68",
            "description": "by patient, stratified over the 14 findings",
        },
        "rows": [describe_row(name) for name in ROWS],
        "metrics": metrics,
        "curves": drawn,
        "history": fits,
        "protocol": {
            "split": "No patient is in two parts.",
            "thresholds": "Per finding, F1-optimal on valid, applied to test.",
            "macro": "The mean over the findings that the part holds both with and without.",
        },
        "provenance": {
            "command": "cxrbench run demo",
            "seconds": 301.0,
            "versions": dict(VERSIONS),
            "machine": dict(MACHINE),
            "git": None,
        },
        "experiment": '[data]\nsource = "phantom"\nsize = 128\n\n[split]\nkind = "patient"\n'
        "seed = 0\n\n[models.cnn6]\nepochs = 12\n",
    }


@pytest.fixture(scope="session")
def simulated():
    """One simulated run, shared: take a copy before changing it."""
    return simulate()


def cut(summary, rows, findings):
    """The same run with few rows and findings: quick to draw."""
    kept = copy.deepcopy(summary)
    places = [i for i, f in enumerate(kept["findings"]) if f["name"] in findings]
    kept["findings"] = [kept["findings"][i] for i in places]
    kept["cooccurrence"] = [[kept["cooccurrence"][i][j] for j in places] for i in places]
    kept["rows"] = [row for row in kept["rows"] if row["name"] in rows]
    kept["metrics"] = [
        metric
        for metric in kept["metrics"]
        if metric["row"] in rows and metric["finding"] in (*findings, "macro", "micro")
    ]
    kept["curves"] = {
        row: {finding: curve for finding, curve in found.items() if finding in findings}
        for row, found in kept["curves"].items()
        if row in rows
    }
    kept["history"] = {row: lines for row, lines in kept["history"].items() if row in rows}
    return kept


@pytest.fixture
def little(simulated):
    """A simulated run of three rows and three findings that a test may change."""
    rows = ("cnn6", "densenet121", "metadata_xgboost")
    return cut(simulated, rows, ("Mass", "Pleural_Thickening", "Hernia"))


@pytest.fixture
def summary(simulated):
    """A simulated run that a test may change."""
    return copy.deepcopy(simulated)


@pytest.fixture(scope="session")
def astray():
    """Return which identifiers of a page stand twice, and which of its references lead nowhere."""

    def find(page):
        body = re.sub(r"<(style|script)>.*?</\1>", "", page, flags=re.S)
        ids = re.findall(r' id="([^"]+)"', body)
        told = r' (?:href="#|for="|popovertarget="|aria-labelledby="|data-filters=")([^"]+)"'
        return {it for it in ids if ids.count(it) > 1} | (set(re.findall(told, body)) - set(ids))

    return find


@pytest.fixture(scope="session")
def browser():
    """Chromium, or a skip with the reason."""
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if not chromium:
        pytest.skip("Chromium is not installed")
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium, args=flags)
        yield browser
        browser.close()


@pytest.fixture
def opened(browser, file):
    """Open a module's `file`, or another; whatever the browser complains of fails the test.

    `chosen` stands behind the address; `prepare` is a script that runs before those of the page.
    """
    pages, complaints, requests, addresses = [], [], [], set()

    def visit(path=file, *, chosen="", prepare="", **settings):
        page = browser.new_context(**settings).new_page()
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: complaints.append(dialog.message))
        page.on("request", lambda request: requests.append(request.url))
        if prepare:
            page.add_init_script(prepare)
        page.goto(path.as_uri() + chosen)
        addresses.add(path.as_uri())
        pages.append(page)
        return page

    yield visit
    for page in pages:
        page.context.close()
    assert complaints == []
    assert {request.split("#")[0] for request in requests if "blob:" not in request} == addresses
