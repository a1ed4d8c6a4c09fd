"""Data sets: one reader a layout, and the phantom that the project draws itself."""

#: What an experiment's ``data.source`` may name, and what it is.
DATASETS = {
    "phantom": "chest radiographs drawn by a program in NIH's layout; needs no download",
    "nih": "NIH ChestX-ray14, whole, Kaggle's sample of 5,606 images, or any part of either",
}
