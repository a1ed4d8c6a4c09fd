"""The split: which patients are learnt from, which choose and which judge; never half a one."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from functools import cached_property
from hashlib import blake2b
from math import lcm
from pathlib import Path
from typing import Self

import numpy as np
import pandas as pd

from benchmark.datasets.files import stem
from benchmark.datasets.nih import read_official
from benchmark.patients import Cohort
from benchmark.split_file import PARTS, read_split_file, some
from features.errors import InputError, unknown
from features.radiographs import Radiographs

KINDS = ("patient", "official", "folds", "column")


@dataclass(frozen=True, eq=False)
class Split:
    """Which part each radiograph belongs to.

    Parameters
    ----------
    images, patients : numpy.ndarray
        Shape (n,): the radiographs and whose they are.
    part : numpy.ndarray
        Shape (n,): ``train``, ``valid`` or ``test``.
    fold : numpy.ndarray
        Shape (n,), int: the fold, from 0; -1 where the split has no folds.
    kind : str
        One of `KINDS`.
    seed : int
        What the lot was drawn with.
    description : str
        The split in words.
    needs : tuple of str
        The parts that may not be empty.

    Raises
    ------
    InputError
        If a patient is on two sides or in two folds, an image comes twice, or a part is empty
        that may not be.
    """

    images: np.ndarray
    patients: np.ndarray
    part: np.ndarray
    fold: np.ndarray
    kind: str
    seed: int
    description: str
    needs: tuple[str, ...] = PARTS

    def __post_init__(self) -> None:
        self._keep_patients_whole()
        if len(set(self._stems)) < len(self.images):
            raise InputError("an image comes twice in the table; each belongs to one part")
        for part in self.needs:
            if not (self.part == part).any():
                raise InputError(f"the {self.kind} split leaves nothing for {part}")

    @cached_property
    def fingerprint(self) -> str:
        """16 hexadecimal digits: the same split has the same ones, in any order of its rows.

        BLAKE2b of the sorted lines ``stem,part`` (``stem,part,fold`` where there are folds), so
        that ``sort`` and ``b2sum`` can check it too.
        """
        folds = [f",{fold}" if fold >= 0 else "" for fold in self.fold]
        lines = map("{},{}{}\n".format, self._stems, self.part, folds)
        text = "".join(sorted(lines)).encode("utf-8", "surrogatepass")
        return blake2b(text, digest_size=8).hexdigest()

    def take(self, kept: np.ndarray) -> Self:
        """Return the split of some of its radiographs, each in the part it was in.

        Parameters
        ----------
        kept : numpy.ndarray
            Shape (n,), bool.

        Raises
        ------
        InputError
            If nothing is left of a part.
        """
        arrays = ("images", "patients", "part", "fold")
        return replace(self, **{name: getattr(self, name)[kept] for name in arrays})

    def _keep_patients_whole(self) -> None:
        """Refuse a patient on two sides; the audit alone has a split that does not."""
        _refuse_two_sides(self.patients, self.part)
        _refuse_two_sides(self.patients, self.fold)

    @property
    def _stems(self) -> list[str]:
        return [stem(image) for image in self.images]


def make_split(
    radiographs: Radiographs,
    *,
    kind: str = "patient",
    seed: int = 0,
    valid: float = 0.1,
    test: float = 0.2,
    folds: int = 0,
    fold: int = 0,
    file: str | Path = "",
    folder: str | Path = "",
) -> Split:
    """Part radiographs by patient, every part with its share of every finding.

    Parameters
    ----------
    radiographs : Radiographs
        With labels. Their order does not matter.
    kind : {"patient", "official", "folds", "column"}, optional
        By lot; NIH's own test list; one of k folds as test; or as a file says. Official lists
        and folds have no valid part, so it is drawn by lot from the patients outside test, also
        where a file names none.
    seed : int, optional
        What the lot is drawn with. The same seed gives the same split on every machine.
    valid : float, optional
        Share of all images, in (0, 1), where valid is drawn.
    test : float, optional
        Share of all images, in (0, 1), where test is drawn by lot.
    folds : int, optional
        How many folds, 2 or more; asks for kind ``folds``, whose default is 5.
    fold : int, optional
        Which fold is the test part, from 0.
    file : str or Path, optional
        For kind ``column``: a CSV file with the columns image and part (or split, set, fold).
    folder : str or Path, optional
        For kind ``official``: where ``train_val_list.txt`` and ``test_list.txt`` lie.

    Returns
    -------
    Split
        In the order of the radiographs.

    Raises
    ------
    InputError
        If the split cannot be made as asked, or would put a patient on two sides.
    """
    check_kind(kind)
    if folds and kind not in ("patient", "folds"):
        raise InputError(f"folds = {folds} does not go with the split kind '{kind}'")
    if file and kind != "column":
        raise InputError(f"file = {file} does not go with the split kind '{kind}', but 'column'")
    if fold and not folds and kind in ("patient", "official"):
        raise InputError(f"fold = {fold} asks for folds: say how many, as in folds = 5")
    draw = _Draw(radiographs, Cohort.of(radiographs), seed, _share("valid", valid))
    if kind == "official":
        return draw.official(folder)
    if kind == "column":
        return draw.column(file, fold)
    if kind == "folds" or folds:
        return draw.folds(folds or 5, fold)
    return draw.patient(_share("test", test))


def check_kind(kind: str) -> str:
    """Return a kind of split if it is one that is offered.

    Raises
    ------
    InputError
        If it is not; for ``image`` with the reason.
    """
    if kind == "image":
        raise InputError(
            "split kind 'image' is not offered: it puts images of one patient on both sides, and "
            "a model that knows the patient again then scores well without knowing the finding; "
            "'cxrbench audit' shows by how much"
        )
    if kind not in KINDS:
        raise unknown("split kind", kind, KINDS)
    return kind


def official_lists(folder: str | Path) -> dict[str, frozenset[str]]:
    """Read NIH's two lists.

    Parameters
    ----------
    folder : str or Path
        Where to look, at any depth.

    Returns
    -------
    dict of str to frozenset of str
        ``train_val`` and ``test``: the stems they name.

    Raises
    ------
    InputError
        If one of them is not there.
    """
    lists = read_official(folder) if folder else {}
    if missing := {"train_val", "test"} - lists.keys():
        raise InputError(
            "the official split needs NIH's train_val_list.txt and test_list.txt; "
            f"no {' and no '.join(f'{name}_list.txt' for name in sorted(missing))} "
            f"in {folder or 'the data: no folder was given'}"
        )
    return lists


def balance(radiographs: Radiographs, split: Split) -> pd.DataFrame:
    """Count what each part holds.

    Parameters
    ----------
    radiographs : Radiographs
        With labels.
    split : Split
        Of these radiographs.

    Returns
    -------
    pandas.DataFrame
        Indexed by part; columns images, patients, and the positives of each finding.
    """
    if radiographs.labels is None:
        raise ValueError("positives are counted from labels, and these are withheld")
    rows = []
    for part in PARTS:
        inside = split.part == part
        positives = (radiographs.labels[inside] == 1).sum(axis=0)
        patients = len(set(split.patients[inside]))
        rows.append([int(inside.sum()), patients, *map(int, positives)])
    columns = ["images", "patients", *radiographs.findings]
    return pd.DataFrame(rows, index=pd.Index(PARTS, name="part"), columns=columns)


@dataclass(frozen=True, eq=False)
class _Draw:
    """The ways to make a split of some radiographs."""

    radiographs: Radiographs
    cohort: Cohort
    seed: int
    valid: Fraction

    def patient(self, test: Fraction) -> Split:
        """Draw all three parts."""
        train = 1 - self.valid - test
        if train <= 0:
            raise InputError(
                f"valid = {float(self.valid):g} and test = {float(test):g} leave nothing for train"
            )
        shares = (train, self.valid, test)
        part = self._spread(shares)
        percent = " / ".join(f"{float(100 * share):g}" for share in shares)
        words = f"by patient, {percent} % train / valid / test, seed {self.seed}"
        return self._split(np.array(PARTS)[part], "patient", words)

    def official(self, folder: str | Path) -> Split:
        """Take NIH's test list; draw valid from the other patients."""
        lists = official_lists(folder)
        stems = self._stems()
        for trouble, names in (
            ("on neither of", set(stems) - lists["test"] - lists["train_val"]),
            ("on both of", lists["test"] & lists["train_val"]),
        ):
            if names:
                raise InputError(f"{some(sorted(names), 'image')} {trouble} NIH's official lists")
        test = np.array([name in lists["test"] for name in stems])
        words = f"NIH's test list; {self._of_the_rest()}"
        return self._split(self._around(test), "official", words)

    def folds(self, folds: int, fold: int) -> Split:
        """Draw folds of equal size; one is test, and valid is drawn from the others."""
        if folds < 2:
            raise InputError(f"folds = {folds}: at least 2 are needed")
        return self._leave_out(self._spread([Fraction(1, folds)] * folds), fold, "folds")

    def column(self, file: str | Path, fold: int) -> Split:
        """Do as a file says; draw valid where it names none."""
        if not file:
            raise InputError("the split kind 'column' needs a file: a CSV with image and part")
        said = read_split_file(Path(file).expanduser())
        if missing := [name for name in self._stems() if name not in said]:
            raise InputError(f"{file} does not name {some(missing, 'image')}")
        given = np.array([said[name] for name in self._stems()])
        if given.dtype.kind == "i":
            return self._leave_out(given, fold, "column")
        words = f"as {Path(file).name} says"
        if "valid" in given:
            return self._split(given, "column", words)
        part = self._around(given == "test")
        return self._split(part, "column", f"{words}; {self._of_the_rest()}")

    def _stems(self) -> list[str]:
        return [stem(image) for image in self.radiographs.images]

    def _leave_out(self, folds: np.ndarray, fold: int, kind: str) -> Split:
        names = sorted(set(folds.tolist()))
        if fold not in names:
            raise InputError(f"fold = {fold}: the folds are {', '.join(map(str, names))}")
        words = f"fold {fold} of {len(names)} by patient is test; {self._of_the_rest()}"
        return self._split(self._around(folds == fold), kind, words, folds)

    def _around(self, test: np.ndarray) -> np.ndarray:
        """Return the parts where test is given and valid is drawn from the other patients."""
        _refuse_two_sides(self.radiographs.patients, test)
        outside = np.ones(len(self.cohort.names), dtype=bool)
        outside[self.cohort.codes[test]] = False
        left = int(self.cohort.counts[outside, -1].sum())
        share = self.valid * len(test) / left if left else Fraction(1)
        if share >= 1:
            raise InputError(
                f"valid = {float(self.valid):g} of {len(test):,} images leaves nothing for train: "
                f"{left:,} are of patients outside test"
            )
        drawn = self._spread((1 - share, share), among=outside)
        return np.where(test, "test", np.where(drawn == 1, "valid", "train"))

    def _spread(self, shares: Sequence[Fraction], among: np.ndarray | None = None) -> np.ndarray:
        """Return the part of each image, patients spread in proportion to exact shares."""
        whole = lcm(*(share.denominator for share in shares))
        weights = [int(share * whole) for share in shares]
        return self.cohort.spread(weights, seed=self.seed, among=among)[self.cohort.codes]

    def _of_the_rest(self) -> str:
        percent = f"{float(100 * self.valid):g} % of all images"
        return f"valid is {percent}, by patient from the others, seed {self.seed}"

    def _split(
        self, part: np.ndarray, kind: str, description: str, fold: np.ndarray | None = None
    ) -> Split:
        images, patients = self.radiographs.images, self.radiographs.patients
        fold = np.full(len(part), -1) if fold is None else fold
        return Split(images, patients, part, fold, kind, self.seed, description)


def _share(name: str, value: float) -> Fraction:
    """Take a share as it is written: 0.1 is a tenth, not the binary fraction next to it."""
    if not 0 < value < 1:
        raise InputError(f"{name} = {value}: a share lies between 0 and 1")
    return Fraction(str(float(value)))


def _refuse_two_sides(patients: np.ndarray, sides: np.ndarray) -> None:
    pairs = pd.DataFrame({"patient": patients, "side": sides}).drop_duplicates()
    if torn := sorted(set(pairs["patient"][pairs["patient"].duplicated()])):
        raise InputError(f"{some(torn, 'patient')} would be on two sides of the split")
