"""What a build of a source takes, before it runs: forecast from the size of its dump and the measured cost of a byte.

The line dedup of Common Crawl has a model of its own (`scale.py`), as it is what grows with a dump. For everything else
a byte costs the same in a small dump and in a large one: each pass reads each shard once, and only hashes travel.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import NamedTuple

from corpus.recipe import Cited, Recipe, Value, cited
from pipelines.engine.scale import Text, buckets_with_any, forecast
from pipelines.engine.shards import bucket_bits

_HERE = "measured by benchmarks/engine/source_costs.py on real dumps"

_REPORT = "measured by benchmarks/engine/plan.py: the report reads a bounded sample of texts, on one core"

COSTS = {
    "arxiv": Recipe(
        "arxiv",
        cpu_ns=cited(240.0, _HERE, "ns of CPU time per input byte"),
        work=cited(0.37, _HERE, "bytes of the work folder per input byte"),
        sent=cited(0.0004, _HERE, "bytes that travel per input byte"),
        output=cited(0.34, _HERE, "bytes of the output per input byte"),
        documents=cited(24.0, _HERE, "documents per MB of input"),
        memory_mb=cited(316.0, _HERE, "MB of a worker"),
        report_s=cited(0.3, _REPORT, "seconds"),
        dedups=cited(1, "its dedups: of ids, and its own", "dedups"),
    ),
    "books": Recipe(
        "books",
        cpu_ns=cited(160.0, _HERE, "ns of CPU time per input byte"),
        work=cited(4.64, _HERE, "bytes of the work folder per input byte"),
        sent=cited(1.18, _HERE, "bytes that travel per input byte"),
        output=cited(0.89, _HERE, "bytes of the output per input byte"),
        documents=cited(2.9, _HERE, "documents per MB of input"),
        memory_mb=cited(388.0, _HERE, "MB of a worker"),
        report_s=cited(2.0, _REPORT, "seconds"),
        dedups=cited(1, "its dedups: of ids, and its own", "dedups"),
    ),
    "c4": Recipe(
        "c4",
        cpu_ns=cited(127.0, _HERE, "ns of CPU time per input byte"),
        work=cited(1.06, _HERE, "bytes of the work folder per input byte"),
        sent=cited(0.0094, _HERE, "bytes that travel per input byte"),
        output=cited(1.03, _HERE, "bytes of the output per input byte"),
        documents=cited(1007.0, _HERE, "documents per MB of input"),
        memory_mb=cited(403.0, _HERE, "MB of a worker"),
        report_s=cited(5.9, _REPORT, "seconds"),
        dedups=cited(1, "its dedups: of ids, and its own", "dedups"),
    ),
    "commoncrawl": Recipe(
        "commoncrawl",
        cpu_ns=cited(433.0, _HERE, "ns of CPU time per input byte"),
        work=cited(5.89, _HERE, "bytes of the work folder per input byte"),
        sent=cited(0.35, _HERE, "bytes that travel per input byte"),
        output=cited(0.84, _HERE, "bytes of the output per input byte"),
        documents=cited(58.0, _HERE, "documents per MB of input"),
        memory_mb=cited(540.0, _HERE, "MB of a worker"),
        report_s=cited(8.0, _REPORT, "seconds"),
        dedups=cited(2, "its dedups: of ids, and its own", "dedups"),
    ),
    "github": Recipe(
        "github",
        cpu_ns=cited(173.0, _HERE, "ns of CPU time per input byte"),
        work=cited(2.86, _HERE, "bytes of the work folder per input byte"),
        sent=cited(0.118, _HERE, "bytes that travel per input byte"),
        output=cited(0.52, _HERE, "bytes of the output per input byte"),
        documents=cited(321.0, _HERE, "documents per MB of input"),
        memory_mb=cited(421.0, _HERE, "MB of a worker"),
        report_s=cited(4.8, _REPORT, "seconds"),
        dedups=cited(1, "its dedups: of ids, and its own", "dedups"),
    ),
    "stackexchange": Recipe(
        "stackexchange",
        cpu_ns=cited(305.0, _HERE, "ns of CPU time per input byte"),
        work=cited(0.65, _HERE, "bytes of the work folder per input byte"),
        sent=cited(0.0083, _HERE, "bytes that travel per input byte"),
        output=cited(0.63, _HERE, "bytes of the output per input byte"),
        documents=cited(901.0, _HERE, "documents per MB of input"),
        memory_mb=cited(323.0, _HERE, "MB of a worker"),
        report_s=cited(2.8, _REPORT, "seconds"),
        dedups=cited(1, "its dedups: of ids, and its own", "dedups"),
    ),
    "wikipedia": Recipe(
        "wikipedia",
        cpu_ns=cited(767.0, _HERE, "ns of CPU time per input byte"),
        work=cited(1.86, _HERE, "bytes of the work folder per input byte"),
        sent=cited(0.0147, _HERE, "bytes that travel per input byte"),
        output=cited(0.64, _HERE, "bytes of the output per input byte"),
        documents=cited(401.0, _HERE, "documents per MB of input"),
        memory_mb=cited(320.0, _HERE, "MB of a worker"),
        report_s=cited(2.5, _REPORT, "seconds"),
        dedups=cited(1, "its dedups: of ids, and its own", "dedups"),
    ),
}
"""By source: what each byte of its dump, as it is published and packed, takes."""

STAGES = {
    "commoncrawl": Recipe(
        "commoncrawl stages",
        language_ns=cited(135.0, _HERE, "ns of CPU time per input byte"),
        perplexity_ns=cited(150.0, _HERE, "ns of CPU time per input byte"),
        perplexity_mb=cited(160.0, _HERE, "MB of a worker: its models"),
        reference_ns=cited(33.0, _HERE, "ns of CPU time per input byte"),
    ),
}
"""By source: what of its CPU time and memory stages take that may be left out, as their models are not there."""

PRICES = Recipe(
    "prices",
    core_hour=cited(0.056, "Dataflow's price of batch workers, us-central1, 2026", "US dollars per vCPU hour"),
    memory_hour=cited(0.003557, "Dataflow's price of batch workers, us-central1, 2026", "US dollars per GB and hour"),
    core_memory=cited(3.75, "memory of a machine n1-standard", "GB per vCPU"),
    shuffled=cited(0.011, "Dataflow Shuffle, us-central1, 2026", "US dollars per GB"),
    stored=cited(0.020, "Cloud Storage, standard, us-central1, 2026", "US dollars per GB and month"),
    start=cited(3.0, f"{_HERE}: a build of a small dump on this machine, whatever the source", "seconds"),
    report_bytes=cited(
        2.5e6, "from the smallest of the measured dumps on the report's sample is full", "bytes of input"
    ),
    busy=cited(0.85, "two workers of a local build are 1.7 times as fast as one", "share of the time"),
)

DUMPS = Recipe(
    "dumps",
    commoncrawl=cited(26e12, "LLaMA, section 2.1: five dumps; 90,000 WET files of 130 MB of text, packed", "bytes"),
    c4=cited(305e9, "allenai/c4, the variant en", "bytes"),
    github=cited(750e9, "the 3 TB of contents on BigQuery as gzipped JSON lines", "bytes"),
    wikipedia=cited(60e9, "the articles of 20 languages, bzip2", "bytes"),
    books=cited(80e9, "200,000 books of 400 KB", "bytes"),
    arxiv=cited(3e12, "arXiv's bulk sources", "bytes"),
    stackexchange=cited(20e9, "Stack Overflow's posts as .7z, 100 GB unpacked", "bytes"),
)
"""The dumps of LLaMA's Table 1, at their size today, as they are published."""

_WEB_TEXT = Text(line_bytes=63, document_lines=161, packed=0.45)
"""Pages as benchmarks/web/line_dedup.py generates them, packed as real ones are."""
_MB, _GB, _NS, _HOUR, _DAYS_OF_MONTH, _HOURS_OF_DAY = 1e6, 1e9, 1e9, 3600, 30, 24


class Takes(NamedTuple):
    """What a build takes: shards; hours of one core; elements and bytes that travel between machines; bytes of the work
    folder and of the output; MB of memory of a worker."""

    input_bytes: float
    shards: int
    core_hours: float
    elements: float
    sent_bytes: float
    work_bytes: float
    output_bytes: float
    memory_mb: float
    report_seconds: float = 0.0

    @property
    def disk_bytes(self) -> float:
        """The most bytes on disk at once: what the last pass left is one file in the work folder and in the output."""
        return max(self.work_bytes, self.output_bytes)

    @property
    def cpu_seconds(self) -> float:
        """The seconds of CPU time on one machine, with those of its start and of the report."""
        return _number(PRICES, "start") + self.core_hours * _HOUR + self.report_seconds

    def seconds(self, cores: int) -> float:
        """The seconds that a build takes on one machine of so many cores."""
        return _number(PRICES, "start") + self.hours(min(cores, self.shards)) * _HOUR + self.report_seconds

    def hours(self, cores: int) -> float:
        """The hours that so many cores take."""
        return self.core_hours / cores / _number(PRICES, "busy")

    def dollars(self, cores: int) -> float:
        """US dollars on Dataflow: cores with their memory, shuffled bytes, and the work folder until the end."""
        per_core = _number(PRICES, "core_hour") + _number(PRICES, "core_memory") * _number(PRICES, "memory_hour")
        months = self.hours(cores) / _HOURS_OF_DAY / _DAYS_OF_MONTH
        kept = self.work_bytes / _GB * months * _number(PRICES, "stored")
        return self.hours(cores) * cores * per_core + self.sent_bytes / _GB * _number(PRICES, "shuffled") + kept


def takes(
    source: str, input_bytes: float, values: Mapping[str, Value], shards: int = 0, without: Collection[str] = ()
) -> Takes:
    """What a build of a dump takes.

    Args:
        source: one of COSTS.
        input_bytes: its dump, as it is published.
        values: the numbers of the build in force (`pipelines.engine.plan.BUILD`), and of `scale.RECIPE`.
        shards: into how many it is cut; 0 for as many as a large one is.
        without: the stages that are left out.
    """
    costs = COSTS[source]
    shards = shards or max(1, math.ceil(input_bytes / float(values["shard_bytes"])))  # type: ignore[arg-type]
    documents = input_bytes / _MB * _number(costs, "documents") / shards
    met = buckets_with_any(documents, 2 ** bucket_bits(shards, int(input_bytes), values))
    travelling = 2 * met * shards * _number(costs, "dedups")  # a run to each bucket with a document, a drop list back
    stages: Mapping[str, Cited] = STAGES.get(source, {})
    cpu_ns = _number(costs, "cpu_ns") - sum(_number(stages, f"{name}_ns") for name in without if f"{name}_ns" in stages)
    hours = input_bytes * cpu_ns / _NS / _HOUR
    sent, work, output = (input_bytes * _number(costs, name) for name in ("sent", "work", "output"))
    memory = _number(costs, "memory_mb") - sum(
        _number(stages, f"{name}_mb") for name in without if f"{name}_mb" in stages
    )
    report = _number(costs, "report_s") * min(1.0, input_bytes / _number(PRICES, "report_bytes"))
    found = Takes(input_bytes, shards, hours, travelling, sent, work, output, memory, report)
    if source != "commoncrawl":
        return found
    lines = forecast(input_bytes / _WEB_TEXT.packed, shards, _WEB_TEXT, values, ids_before=True)
    return found._replace(elements=lines.elements, sent_bytes=lines.sent_bytes)


def named_costs() -> dict[str, Cited]:
    """Every number of COSTS and STAGES by its name, such as `github_cpu_ns`."""
    of_source = [*COSTS.items(), *STAGES.items()]
    return {f"{source}_{name}": number for source, costs in of_source for name, number in costs.items()}


def _number(recipe: Mapping[str, Cited], name: str) -> float:
    return float(recipe[name].value)  # type: ignore[arg-type]
