"""The 14 findings: one small function each, that draws its sign where it belongs.

A sign takes the body and a `Place`, and returns what it changes: the body's geometry before the
layers are laid, the layers afterwards, or both, and the box round it where NIH boxes the finding.
"""

from collections.abc import Callable

from benchmark.datasets.phantom.body import Body
from benchmark.datasets.phantom.sign import Place, Sign
from benchmark.datasets.phantom.signs_in_lungs import (
    consolidation,
    edema,
    fibrosis,
    infiltration,
    mass,
    nodule,
    pneumonia,
)
from benchmark.datasets.phantom.signs_of_pleura import effusion, pleural_thickening, pneumothorax
from benchmark.datasets.phantom.signs_of_shape import atelectasis, cardiomegaly, emphysema, hernia

#: Finding → its sign, in the order in which they are drawn: what bends the body comes first, what
#: displaces the lung last.
SIGNS: dict[str, Callable[[Body, Place], Sign]] = {
    "Cardiomegaly": cardiomegaly,
    "Emphysema": emphysema,
    "Atelectasis": atelectasis,
    "Fibrosis": fibrosis,
    "Infiltration": infiltration,
    "Pneumonia": pneumonia,
    "Consolidation": consolidation,
    "Edema": edema,
    "Nodule": nodule,
    "Mass": mass,
    "Hernia": hernia,
    "Pleural_Thickening": pleural_thickening,
    "Effusion": effusion,
    "Pneumothorax": pneumothorax,
}

#: The findings that NIH boxes, and their spelling in the file of boxes.
BOXED = {
    "Atelectasis": "Atelectasis",
    "Cardiomegaly": "Cardiomegaly",
    "Effusion": "Effusion",
    "Infiltration": "Infiltrate",
    "Mass": "Mass",
    "Nodule": "Nodule",
    "Pneumonia": "Pneumonia",
    "Pneumothorax": "Pneumothorax",
}
