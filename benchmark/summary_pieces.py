"""The pieces of a summary: what each holds, and what it means. See `benchmark.summary_schema`."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

#: A line of a table of an evaluation, by the table's columns; None for an empty cell.
Line = dict[str, str | int | float | bool | None]
PartName = Literal["train", "valid", "test"]
Finding = str
RowName = str


class Piece(BaseModel):
    """A dictionary of the summary: these keys and no others, JSON's types, no NaN."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)


class Banner(Piece):
    """What a reader must know before he reads a figure."""

    level: Literal["info", "warning"]
    text: str


class NamedFinding(Piece):
    """A column of truth.csv, as files spell it and as a reader sees it."""

    name: Finding
    label: str


class Picture(Piece):
    """A radiograph of the contact sheet."""

    image: str
    #: A JPEG file in base64.
    jpeg: str
    #: Labels, as a reader sees them; empty without a finding.
    findings: list[str]


class PartCounts(Piece):
    """How many images and patients a part has, and images with each finding."""

    part: PartName
    images: int
    patients: int
    positives: dict[Finding, int]
    #: Images whose label says either.
    known: dict[Finding, int]


class Reading(Piece):
    """What the reader of the data set had to report; see `benchmark.datasets.reading`."""

    source: Literal["phantom", "nih"]
    folder: str
    table: str
    why: str
    images_on_disk: int
    images_in_table: int
    read: int
    missing: int
    surplus: int
    surplus_names: list[str]
    copies: int
    label_differences: dict[str, int]
    ages_mended: int
    unlabelled: int
    boxes: int
    boxed_images: int
    official: dict[str, int]
    limit: int | None
    pixels: bool
    notes: list[str]
    summary: str
    warnings: list[str]
    #: Images that could not be decoded, each with the reason; absent where none was.
    damaged: list[str] = []
    #: What a second label file says of the first; absent without one.
    second_labels: str = ""


class SharedData(Reading):
    """The data of several runs: counts only where they are the same in all."""

    size: int | None = None
    images: int | None = None
    patients: int | None = None


class RunData(Reading):
    """The data of one run."""

    #: Side of the images in pixels; None of predictions made elsewhere.
    size: int | None
    images: int
    patients: int
    #: Those that hold an image.
    parts: list[PartCounts]
    #: The contact sheet; empty where no image was decoded, or none is wanted.
    pictures: list[Picture]
    #: Whose pictures they are.
    credit: str


class Split(Piece):
    """Who is where: what was asked for, and what came of it."""

    kind: str
    seed: int
    valid: float
    test: float
    folds: int
    fold: int
    file: str
    fingerprint: str
    description: str


class Machine(Piece):
    """Where something was computed; memory in bytes."""

    cpu: str
    cores: int
    memory: int | None
    system: str


class Nothing(Piece):
    """What is said of the cost of a row that was not fitted here."""


class Cost(Piece):
    """What a row has cost; see `benchmark.cost.cost_of`."""

    parameters: int | None
    trainable_parameters: int | None
    trees: int | None
    leaves: int | None
    seconds_fit: float
    seconds_predict: float
    seconds_first_epoch: float | None
    seconds_epoch: float | None
    images_fit: int
    images_predict: int
    images_per_second_fit: float | None
    images_per_second_predict: float | None
    peak_memory: int | None
    peak_device_memory: int | None
    model_bytes: int
    device: str


class RowOver(Piece):
    """A row of one run or of several: what it is, and how it went over all of them."""

    name: RowName
    kind: str
    title: str
    #: ``done``, ``failed``, ``running``, ``interrupted``, ``missing``, or in how many it is done.
    status: str
    reason: str | None
    #: What its network started from.
    weights: str | None


class Row(RowOver):
    """A row of one run."""

    model: str
    options: dict[str, JsonValue]
    notes: list[str]
    #: Of fit and prediction; the three here are those of `cost` and `facts` once more.
    seconds: float | None
    peak_memory: int | None
    parameters: int | None
    cost: Cost | Nothing
    #: What the fitted model says of itself.
    facts: dict[str, JsonValue]
    #: Libraries, machine and time (UTC) of the fit, which may be older than the run.
    versions: dict[str, str]
    machine: Machine | None
    finished: str | None
    #: Of predictions made elsewhere: the columns that were read.
    columns: dict[str, str] = {}


class Metric(Piece):
    """A line of metrics.csv: further keys are metrics, and the ends of their intervals."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, float | None] = Field(init=False)

    row: RowName
    part: PartName
    #: Or ``macro``, or ``micro``.
    finding: Finding
    n: int
    positives: int
    patients: int | None
    rule: str
    note: str
    threshold: float | None
    auc: float | None
    ap: float | None


class Check(Piece):
    """A check that was made, whether it had anything to remark or not."""

    code: str
    title: str
    level: str
    explanation: str
    link: str
    muted: bool


class Roc(Piece):
    """A ROC curve."""

    fpr: list[float]
    tpr: list[float]
    #: Of each point; None where no threshold reaches it.
    threshold: list[float | None] = []


class PrecisionRecall(Piece):
    """A precision-recall curve."""

    recall: list[float]
    precision: list[float]
    #: Of each point; None where no threshold reaches it.
    threshold: list[float | None] = []


class Curves(Piece):
    """The curves of one row and finding."""

    roc: Roc
    pr: PrecisionRecall


class Boxes(Piece):
    """The heat maps of a row held against the boxes; see `benchmark.localization`."""

    row: RowName
    lines: list[Line]


class Look(Piece):
    """A radiograph with a heat map; boxes are x, y, width and height in a frame."""

    outcome: Literal["true positive", "false positive"]
    image: str
    score: float
    note: str
    boxes: list[list[float]]
    predicted: list[float] | None
    #: Addresses of images that stand in themselves.
    heat: str
    radiograph: str


class FindingLooks(Piece):
    """What a report shows of one finding."""

    title: str
    looks: list[Look]


class Looks(Piece):
    """What a report shows of where a row looked."""

    row: RowName
    method: str
    layer: str
    shows: str
    note: str
    part_name: str
    share: float
    frame: int
    findings: list[FindingLooks]
    #: Where the whole gallery lies, from the report; None where it lies elsewhere.
    gallery: str | None


class Published(Piece):
    """Figures of the literature; see `benchmark.published`."""

    statement: str
    same: bool
    lines: list[Line]


class ChecklistItem(Piece):
    """One question of a checklist; the answer is empty where only authors can give it."""

    number: str
    asks: str
    answer: str


class Checklist(Piece):
    """A reporting checklist."""

    name: str
    title: str
    reference: str
    items: list[ChecklistItem]


class Provenance(Piece):
    """Where figures come from; see `benchmark.provenance`."""

    command: str
    versions: dict[str, str]
    machine: Machine
    git: str | None
    executor: str = "local"
    #: What all finished rows have taken; None where that is not known.
    seconds: float | None
