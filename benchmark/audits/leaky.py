"""The split that leaks: images by lot, whatever patient they are of. For the audit alone."""

from dataclasses import dataclass

import numpy as np

from benchmark.datasets.files import stem
from benchmark.patients import lot
from benchmark.split_file import PARTS
from benchmark.splits import Split


@dataclass(frozen=True, eq=False)
class LeakySplit(Split):
    """A split that may put images of one patient on both sides, which `Split` refuses."""

    def _keep_patients_whole(self) -> None:
        """Refuse nothing: what torn patients do to a figure is what the audit shows."""


def leak(split: Split) -> LeakySplit:
    """Deal the images of a split out anew, one by one, into parts as large as they were.

    An image's lot depends on its name and the split's seed, as a patient's does in
    `benchmark.patients.lot`, so the same images are parted alike on every machine.

    Parameters
    ----------
    split : Split
        By patient.
    """
    stems = [stem(image) for image in split.images]
    drawn = sorted(range(len(stems)), key=lambda i: (lot(stems[i], seed=split.seed), stems[i]))
    part = np.empty(len(stems), dtype=object)
    part[drawn] = np.repeat(PARTS, [int((split.part == name).sum()) for name in PARTS])
    return LeakySplit(
        images=split.images,
        patients=split.patients,
        part=part.astype(str),
        fold=np.full(len(stems), -1),
        kind="image",
        seed=split.seed,
        description=f"by image, seed {split.seed}: it leaks, for a patient's images go both ways",
    )
