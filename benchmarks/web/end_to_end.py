"""Common Crawl end to end on the real dumps: Wikipedia, language model, classifier, then WET files and WARCs.

Prints every command before it runs it; docs/commoncrawl.md explains them. The real dumps are small, so the settings of
the two trainings are small too: complete articles instead of openings, hosts instead of addresses.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from pipelines.cli import main as corpus

COMMANDS = (
    "build wikipedia --input {data}/wikipedia/enwiki*.bz2 {data}/wikipedia/minidumps/enwiki-minidump.xml.bz2 "
    "--output {out}/articles",
    "build commoncrawl --input {data}/commoncrawl/*.wet.gz --output {out}/pages --stop-after language",
    "train lm --language en --input {out}/articles --pages {out}/pages --output {out}/models/lm "
    "--set pieces=16000 opening_chars=0",
    "train reference --positives {out}/articles/wikipedia/evidence/references-* --pages {out}/pages "
    "--output {out}/models/reference --set match=host epochs=40 learning_rate=1.0 word_ngrams=1",
    "build commoncrawl --input {data}/commoncrawl/*.wet.gz --output {out}/wet "
    "--set perplexity_models={out}/models/lm reference_model={out}/models/reference",
    "build commoncrawl --input {data}/commoncrawl/pages-*0.warc.gz {data}/commoncrawl/real/*.warc.gz "
    "--output {out}/warc "
    "--set perplexity_models={out}/models/lm reference_model={out}/models/reference main_content=true",
    "build commoncrawl --from-scored {out}/wet/commoncrawl --output {out}/wider "
    "--set perplexity_models={out}/models/lm reference_model={out}/models/reference "
    "tail_percentile=80 min_reference=0.1",
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="the folder of real dumps")
    parser.add_argument("--output", help="keep what is built there")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        for line in COMMANDS:
            command = line.format(data=options.data, out=options.output or scratch)
            print(f"\n$ corpus {command}", flush=True)
            if code := corpus(command.split()):
                return code
    return 0


if __name__ == "__main__":
    sys.exit(main())
