"""The query that reads the public dataset of GitHub on BigQuery: one row per blob, with one repository file of it."""

from __future__ import annotations

import re

from corpus.errors import RecipeError
from corpus.readers.github.repositories import VENDORED

DATASET = "bigquery-public-data.github_repos"
_LICENCE = re.compile(r"[a-z0-9][a-z0-9.+-]*")

_QUERY = """\
WITH permitted AS (
  SELECT repo_name, MIN(license) AS license
  FROM `{dataset}.licenses`
  WHERE license IN ({licences})
  GROUP BY repo_name
),
repo_files AS (
  SELECT
    files.id, files.repo_name, files.path, permitted.license,
    ROW_NUMBER() OVER (
      PARTITION BY files.id
      ORDER BY CASE WHEN REGEXP_CONTAINS(files.path, '{vendored}') THEN 1 ELSE 0 END, files.repo_name, files.path
    ) AS file_rank
  FROM `{dataset}.files` AS files
  JOIN permitted ON permitted.repo_name = files.repo_name
  WHERE files.symlink_target IS NULL AND files.mode <> 40960
)
SELECT
  contents.id, contents.size, contents.content, contents.binary,
  repo_files.repo_name, repo_files.path, repo_files.license
FROM `{dataset}.contents` AS contents
JOIN repo_files ON repo_files.id = contents.id
WHERE repo_files.file_rank = 1 AND NOT contents.binary AND contents.content IS NOT NULL
"""


def repo_files_query(licences: tuple[str, ...], dataset: str = DATASET) -> str:
    """The query for blobs under the licences, each with the repository file that `repo_file_rank` puts first.

    Differs: RedPajama v1 joins the three tables as they are, so a blob comes once for every repository and path.

    Raises:
        RecipeError: a licence that is no name of the licenses table.
    """
    for licence in licences:
        if not _LICENCE.fullmatch(licence):
            raise RecipeError("the name of a licence, like bsd-3-clause", repr(licence), "licences")
    listed = ", ".join(f"'{licence}'" for licence in licences)
    return _QUERY.format(dataset=dataset, licences=listed, vendored=VENDORED)
