"""Stack Exchange: questions with their answers, of the 28 largest sites.

The dump has one .7z per site. Of all sites given, the 28 with the most posts are kept. HTML tags are removed from the
text, with code and lists keeping their lines. A document is a question: title, body, and its answers sorted by score,
the highest first. Answers without their question, wikis and tag pages are no documents.
"""

from corpus.mixture import SHARES
from corpus.readers.stackexchange.read import READER
from corpus.recipe import Recipe, cited
from filters.stackexchange.question import FORMS, question_text
from pipelines.engine.dedup.keys import repeated_ids
from pipelines.engine.stages import EachDocument, Source, transform
from pipelines.sources.stackexchange.sites import prepare_sites

RECIPE = Recipe(
    "stackexchange",
    {"redpajama": {"form": cited("redpajama", "RedPajama v1, stack_exchange/post_processing.py", basis="peer")}},
    sites=cited(28, "LLaMA, section 2.1, Stack Exchange; largest by number of posts", "sites", "paper"),
    form=cited("plain", "the paper gives none; an empty line between posts, no marks of ours", choices=FORMS),
    longest_row_bytes=cited(1 << 20, "three times a post's 30,000 characters, ten bytes each escaped", "bytes"),
    partition_bytes=cited(128 << 20, "Posts.xml joined at a time, by a shard; memory is about twice as much", "bytes"),
)

SOURCE = Source(
    "stackexchange",
    reader=READER.with_limits(longest_row_bytes=RECIPE.longest_row_bytes, partition_bytes=RECIPE.partition_bytes),
    recipe=RECIPE,
    share=SHARES.stackexchange,
    prepare=prepare_sites,
    stages=(EachDocument("text", transform("posts", question_text, form=RECIPE.form)), repeated_ids()),
)
