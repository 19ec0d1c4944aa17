"""The query that reads the public dataset of GitHub on BigQuery: one row per blob, with one repository file of it.

Every blob of the contents table is a row, so that what is left out is counted where rows are read, by the same reasons
as in an export of the tables. The text of a blob that cannot be kept stays in BigQuery.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from corpus.errors import RecipeError
from corpus.readers.github.repositories import VENDORED

DATASET = "bigquery-public-data.github_repos"
_LICENCE = re.compile(r"[a-z0-9][a-z0-9.+-]*")

_QUERY = """\
WITH repositories AS (
  SELECT repo_name, license, permitted
  FROM (
    SELECT
      repo_name, license, license IN ({permitted}) AS permitted,
      ROW_NUMBER() OVER (
        PARTITION BY repo_name ORDER BY CASE WHEN license IN ({permitted}) THEN 0 ELSE 1 END, license
      ) AS licence_rank
    FROM `{licences}`
  )
  WHERE licence_rank = 1
),
ranked AS (
  SELECT
    files.id, files.repo_name, files.path, files.mode, files.symlink_target, repositories.license,
    COALESCE(repositories.permitted, FALSE) AS permitted,
    ROW_NUMBER() OVER (
      PARTITION BY files.id
      ORDER BY
        CASE WHEN COALESCE(files.symlink_target, '') <> '' OR files.mode = {link} THEN 1 ELSE 0 END,
        CASE WHEN repositories.permitted THEN 0 ELSE 1 END,
        CASE WHEN REGEXP_CONTAINS(files.path, '{vendored}') THEN 1 ELSE 0 END,
        files.repo_name, files.path
    ) AS file_rank
  FROM `{files}` AS files
  LEFT JOIN repositories ON repositories.repo_name = files.repo_name
)
SELECT
  contents.id, contents.size, contents.binary,
  CASE WHEN ranked.permitted THEN contents.content END AS content,
  contents.content IS NULL AS content_absent,
  ranked.repo_name, ranked.path, ranked.mode, ranked.symlink_target, ranked.license
FROM `{contents}` AS contents
LEFT JOIN ranked ON ranked.id = contents.id AND ranked.file_rank = 1
"""
_LINK_MODE = 40960


class Tables(NamedTuple):
    """The tables that are joined, by their full names."""

    contents: str
    files: str
    licences: str


PUBLIC = Tables(*(f"{DATASET}.{name}" for name in ("contents", "files", "licenses")))
"""The whole dataset."""
SAMPLE = Tables(*(f"{DATASET}.{name}" for name in ("sample_contents", "sample_files", "licenses")))
"""The dataset's own sample: about a tenth of the files, of well-known repositories; for a trial."""


def repo_files_query(licences: tuple[str, ...], tables: Tables = PUBLIC) -> str:
    """The query for every blob, with the repository file that `repo_file_rank` puts first.

    content is the text only under one of the licences; content_absent says that the table has none, as of binary files.

    Differs: RedPajama v1 joins the three tables as they are, so a blob comes once for every repository and path.

    Raises:
        RecipeError: a licence that is no name of the licenses table.
    """
    for licence in licences:
        if not _LICENCE.fullmatch(licence):
            raise RecipeError("the name of a licence, like bsd-3-clause", repr(licence), "licences")
    permitted = ", ".join(f"'{licence}'" for licence in licences)
    return _QUERY.format(**tables._asdict(), permitted=permitted, vendored=VENDORED, link=_LINK_MODE)
