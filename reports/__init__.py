"""The reports: plain dicts and tables in, pages out; this room knows nothing of the others.

`reports.page` makes the page, `reports.figures` its drawings, `reports.tables` its tables and
their files, `reports.story` its headline in words.
"""
