"""The report of a reader: what it found, what it chose, what it left out."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class ReadingReport:
    """How a folder became radiographs.

    Parameters
    ----------
    folder, table : str
        Where was read, and the label table taken.
    why : str
        Why this table.
    images_on_disk : int
        Image files with different stems below the folder.
    images_in_table : int
        Images that the table names.
    read : int
        Images read: named, on disk where pixels were wanted, and within the limit.
    missing : int
        Images that the table names and the disk lacks.
    surplus : int
        Images on disk that the table does not name.
    surplus_names : tuple of str
        The first few of them.
    copies : int
        Stems that belong to more than one image file.
    label_differences : dict of str to int
        For each other label table, how many of the common images have other labels there.
    ages_mended : int
        Ages of the table that were too high or no age at all, and are unknown now.
    unlabelled : int
        Images read whose findings the table leaves empty: their labels are unknown.
    boxes, boxed_images : int
        Bounding boxes of the images read, and the images that have one.
    official : dict of str to int
        Of NIH's lists ``train_val`` and ``test``, those below the folder: the images they name.
    limit : int or None
        How many images were asked for.
    pixels : bool
        Whether images were wanted, or the tables alone.
    notes : tuple of str
        Whatever else a user should know, a sentence each.
    """

    folder: str
    table: str
    why: str
    images_on_disk: int
    images_in_table: int
    read: int
    missing: int
    surplus: int
    surplus_names: tuple[str, ...]
    copies: int
    label_differences: dict[str, int]
    ages_mended: int
    unlabelled: int
    boxes: int
    boxed_images: int
    official: dict[str, int]
    limit: int | None
    pixels: bool
    notes: tuple[str, ...]

    @property
    def summary(self) -> str:
        """One line: how many images, of which table, and why that one."""
        return f"{self.read:,} images of {self.table} in {self.folder} ({self.why})"

    @property
    def warnings(self) -> list[str]:
        """What a user should know before he trusts a figure, a sentence each."""
        return [*self._left_out(), *self._doubtful(), *self.notes]

    def as_dict(self) -> dict[str, Any]:
        """Return all of it, summary and warnings too, as JSON can say it."""
        lists = {"surplus_names": list(self.surplus_names), "notes": list(self.notes)}
        return asdict(self) | lists | {"summary": self.summary, "warnings": self.warnings}

    def _left_out(self) -> Iterator[str]:
        table = self.table
        if self.missing and self.pixels:
            share = f"{self.missing:,} of {self.images_in_table:,}"
            yield f"images that {table} names but the disk lacks, left out: {share}"
        if self.surplus:
            more = ", …" if self.surplus > len(self.surplus_names) else ""
            names = ", ".join(self.surplus_names)
            yield f"images on disk that {table} does not name: {self.surplus:,} ({names}{more})"
        if self.limit is not None and self.read == self.limit:
            yield f"images beyond the limit are left out: only {self.limit:,} were asked for"

    def _doubtful(self) -> Iterator[str]:
        table = self.table
        if self.copies and self.pixels:
            yield f"images that lie on disk more than once, one file of each read: {self.copies:,}"
        for other, number in self.label_differences.items():
            if number:
                yield f"images with other labels in {other} than in {table}: {number:,}"
        if self.ages_mended:
            yield f"impossible ages in {table}, taken as unknown: {self.ages_mended:,}"
        if self.unlabelled:
            yield f"images without a label in {table}, taken as unknown: {self.unlabelled:,}"
        if len(self.official) == 1:
            yield f"of NIH's two official lists only {next(iter(self.official))} is there"
