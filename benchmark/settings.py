"""The tables of an experiment file: what may be set, and to what."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from benchmark.evaluation.thresholds import check_rule
from benchmark.splits import check_kind

#: What may be the name of a run or a row, for it becomes a folder.
FOLDER_NAME = r"^\w[\w .+-]{0,99}$"
Name = Annotated[str, Field(pattern=FOLDER_NAME)]
Share = Annotated[float, Field(gt=0, lt=1)]
#: TOML has no null: zero in the file stands for "not asked for" wherever zero makes no sense.
Count = Annotated[int, Field(ge=0)]


class Section(BaseModel):
    """A table of the experiment file: unknown keys are errors, values do not change."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Phantom(Section):
    """How the phantom is drawn."""

    images: Annotated[int, Field(ge=40)] = 1200
    patients: Annotated[int, Field(ge=20)] = 400
    size: Annotated[int, Field(ge=32, le=1024)] = 256
    seed: Count = 0
    label_noise: Annotated[float, Field(ge=0, le=0.5)] = 0.03


class Data(Section):
    """Which radiographs, and the side in pixels at which models see them."""

    source: Literal["phantom", "nih"] = "nih"
    folder: str = ""
    table: str = ""
    labels: Literal[14, 15] = 14
    size: Annotated[int, Field(ge=16, le=1024)] = 224
    limit: Count = 0
    #: Whether the run keeps a few small radiographs for its report to show.
    contact_sheet: bool = True
    phantom: Phantom = Phantom()


class Split(Section):
    """How patients are parted into train, valid and test."""

    kind: Annotated[str, AfterValidator(check_kind)] = "patient"
    seed: Count = 0
    valid: Share = 0.1
    test: Share = 0.2
    folds: Count = 0
    fold: Count = 0
    file: str = ""


class Training(Section):
    """What all rows share; every further key is an option of the models that know it."""

    model_config = ConfigDict(extra="allow", frozen=True)

    seed: Count = 0

    @property
    def options(self) -> dict[str, Any]:
        """Return the options meant for the models."""
        return dict(self.model_extra or {})


class Evaluation(Section):
    """How scores become decisions and figures, and how sure the figures are."""

    #: How thresholds are chosen on valid: see `benchmark.evaluation.thresholds.KINDS`.
    threshold: Annotated[str, BeforeValidator(check_rule)] = "f1"
    #: A threshold is chosen on valid only where it holds at least so many positives.
    min_positives: Annotated[int, Field(ge=1)] = 10
    #: How often the patients of test are drawn for intervals.
    draws: Annotated[int, Field(ge=100)] = 1000
    interval: Literal["percentile", "bca"] = "percentile"
    #: Confidence of intervals.
    level: Annotated[float, Field(ge=0.5, lt=1)] = 0.95
    #: Rows whose AUC, or AP, differs by less than this are equivalent.
    margin: Annotated[float, Field(gt=0, lt=0.5)] = 0.02
    #: What is fitted to the scores on valid to show calibration before and after.
    calibration: Literal["none", "platt", "isotonic"] = "none"
    #: Into how many bins of equal size calibration puts the images.
    bins: Annotated[int, Field(ge=2, le=100)] = 10
    #: A second label file, evaluated beside the data set's own labels: see docs/labels.md.
    labels: str = ""
    #: Codes of checks whose remarks are known and accepted; they are shown as muted.
    mute: tuple[str, ...] = ()
