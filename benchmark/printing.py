"""What the commands print: tables for a reader, JSON for a program."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import typer


def show_leaderboard(run: Any, as_json: bool) -> None:
    """Print the macro means of a run's rows on test, and why rows are missing."""
    rows = [row for row in run.summary["rows"] if row["status"] != "done"]
    if as_json:
        board = run.leaderboard.reset_index().astype(object)
        board = board.where(board.notna(), None).to_dict("records")
        said = {"folder": str(run.path), "leaderboard": board, "failed": run.failed}
        print_json(said | {"checks": run.summary["tables"]["checks"]})
        return
    board = run.leaderboard
    seconds = {row["name"]: row["seconds"] for row in run.summary["rows"]}
    lines = [
        {"row": name, **{key: _figure(value) for key, value in line.items()}}
        | ({} if seconds[name] is None else {"seconds": f"{seconds[name]:.0f}"})
        for name, line in board.to_dict("index").items()
    ]
    print_table(lines + [{"row": row["name"], "auc": row["status"]} for row in rows])
    for row in rows:
        typer.echo(f"{row['name']} {row['status']}: {row['reason'] or 'see log.txt'}")
    typer.echo(
        f"test part, macro means over the findings; split {run.summary['split']['fingerprint']}"
    )
    show_checks(run.summary["tables"]["checks"])
    typer.echo(f"report: {run.path / 'report.html'}")


def show_checks(remarks: list[dict[str, Any]]) -> None:
    """Print how many remarks the checks made, then errors and warnings, a line each."""
    heard = [it for it in remarks if not it["muted"]]
    counts = Counter(it["level"] for it in heard) | Counter(muted=len(remarks) - len(heard))
    words = {"error": "error", "warning": "warning", "info": "note", "muted": "muted remark"}
    said = (_count(counts[level], word) for level, word in words.items() if counts[level])
    typer.echo(f"checks: {', '.join(said) or 'nothing to remark'} (docs/checks.md)")
    for it in heard:
        if it["level"] in ("error", "warning"):
            rows = f"{it['row']}: " if it["row"] else ""
            typer.echo(f"{it['level']:<7}  {it['code']}  {rows}{it['text']}")


def _count(number: int, word: str) -> str:
    return f"{number} {word}{'' if number == 1 else 's'}"


def show_grid(run: Any, as_json: bool) -> None:
    """Print the means and SDs of a grid."""
    if as_json:
        print_json({"folder": str(run.path), "leaderboard": run.records(), "failed": run.failed})
        return
    print_table(run.lines())
    for line in (*run.conclusion(), f"report: {run.path / 'report.html'}"):
        typer.echo(line)


def _figure(value: float) -> str:
    return f"{value:.3f}" if value == value else ""  # NaN: an empty cell


def show_plan(experiment: Any, out: Path | None, as_json: bool) -> None:
    """Print what a run would do."""
    from benchmark.planning import plan, plan_grid

    work = plan_grid if experiment.grid else plan
    planned = work(experiment, out or Path("runs") / experiment.name)
    if as_json:
        print_json(planned)
        return
    print_table(planned["cells" if experiment.grid else "rows"])
    typer.echo(planned["conclusion"])


def show_check(found: Mapping[str, Any]) -> None:
    """Print what is in a data set, then what is wrong with it."""
    counts = found["counts"]
    typer.echo(f"{found['summary']}; {counts['patients']:,} patients")
    print_table(
        {
            "finding": name,
            "images": f"{images:,}",
            "share": f"{images / max(counts['known'][name], 1):.1%}",
        }
        for name, images in counts["positives"].items()
    )
    for line in (*found["warnings"], *found["damaged"]):
        typer.echo(line)


def show_list(lines: Mapping[str, str], as_json: bool) -> None:
    """Print names, each with a line that says what it is."""
    if as_json:
        print_json(dict(lines))
        return
    width = max(map(len, lines))
    for name, line in lines.items():
        typer.echo(f"{name:<{width}}  {line}")


def print_json(content: Any) -> None:
    """Print JSON, indented; what it cannot say is written as its `str`."""
    typer.echo(json.dumps(content, indent=2, default=str, allow_nan=False))


def print_table(lines: Iterable[Mapping[str, str]]) -> None:
    """Print aligned columns: words to the left, figures to the right."""
    lines = list(lines)
    if not lines:
        return
    columns = list(dict.fromkeys(key for line in lines for key in line))
    cells = [columns, *([line.get(column, "") for column in columns] for line in lines)]
    widths = [max(len(row[k]) for row in cells) for k in range(len(columns))]
    for first, *others in cells:
        figures = (f"{cell:>{width}}" for cell, width in zip(others, widths[1:], strict=True))
        typer.echo("  ".join([f"{first:<{widths[0]}}", *figures]).rstrip())
