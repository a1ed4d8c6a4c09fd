"""Reporting checklists, answered as far as a run can answer them: CLAIM and TRIPOD+AI.

References
----------
Tejani et al., "Checklist for Artificial Intelligence in Medical Imaging (CLAIM): 2024 Update",
Radiology: Artificial Intelligence 6(4), 2024. Collins et al., "TRIPOD+AI statement", BMJ 385, 2024.
"""

import tomllib
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import Any

from benchmark.checklists import of_data, of_models

FACTS = of_data.FACTS | of_models.FACTS

INTRODUCTION = (
    "What the files of this run prove, item by item, in our own words. It is a draft to check and "
    "to complete, and no substitute for reading the guideline."
)


def checklists(summary: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Answer the checklists.

    Parameters
    ----------
    summary : mapping
        The run's, as `benchmark.summary.summarize` makes it, with its tables.

    Returns
    -------
    list of dict
        Of each checklist ``name``, ``title``, ``reference`` and ``items``: ``number``, ``asks``
        and ``answer``, which is empty where only the authors can answer.
    """
    text = (files("benchmark.checklists") / "items.toml").read_text("utf-8")
    return [
        {**given, "items": [_answered(item, summary) for item in given["items"]]}
        for given in tomllib.loads(text)["checklists"]
    ]


def _answered(item: Mapping[str, Any], summary: Mapping[str, Any]) -> dict[str, str]:
    said = [FACTS[name](summary) for name in item.get("answered_by", ())]
    return {"number": item["number"], "asks": item["asks"], "answer": " ".join(filter(None, said))}


def markdown(answered: Sequence[Mapping[str, Any]], *, title: str) -> str:
    """Write answered checklists as a Markdown document.

    Parameters
    ----------
    answered : sequence of mapping
        As `checklists` returns them.
    title : str
        Of the run.
    """
    sections = [f"# Reporting checklists: {title}\n\n{INTRODUCTION}\n"]
    for checklist in answered:
        done = [item for item in checklist["items"] if item["answer"]]
        left = [item for item in checklist["items"] if not item["answer"]]
        lines = [f"| {i['number']} | {i['asks']} | {_cell(i['answer'])} |" for i in done]
        table = "\n".join(["| Item | What is asked | What this run says |", "| --- | --- | --- |"])
        open_ = "; ".join(f"{item['number']} {item['asks']}" for item in left)
        sections.append(
            f"## {checklist['title']}\n\n{checklist['reference']}\n\n{table}\n"
            + "\n".join(lines)
            + f"\n\nFor the authors to answer: {open_}.\n"
        )
    return "\n".join(sections)


def _cell(text: str) -> str:
    for mark in "\\|`*_<[":
        text = text.replace(mark, f"\\{mark}")
    return " ".join(text.split())
