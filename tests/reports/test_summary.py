"""What these tests take for a summary is what the harness makes."""

from pydantic import ValidationError

from benchmark.summary_schema import RunSummary


def test_the_simulated_run_holds_nothing_that_a_run_does_not(simulated):
    try:
        RunSummary.model_validate(simulated)
        breaches = []
    except ValidationError as error:
        breaches = [it for it in error.errors() if it["type"] != "missing"]  # pages need not all
    assert breaches == []
