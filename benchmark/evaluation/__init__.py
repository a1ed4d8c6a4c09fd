"""What scores are worth: metrics, intervals, comparisons; truth and scores in, tables out."""
