"""llama-corpus from Python: build a source, read what a build left, read tokens, draw batches.

    build("stackexchange", "dumps/*.7z", "OUT")       raw dumps -> a Build
    open_build("OUT/stackexchange")                   documents, dropped, ledger, manifest of a finished build
    TokenShards("TOKENS")                             sources, documents, tokens of one document by its id
    batches("MIXTURE", rows=8, context=2048, seed=0)  training batches, the same for everyone who names the same seed

Every error that a user can meet is a CorpusError. docs/python.md shows all of it at work.
"""

from pipelines.packages import foreign_package

if foreign_package():
    raise ImportError(foreign_package())

from corpus.document import Document
from corpus.errors import CorpusError
from corpus.ledger import Ledger
from llama_corpus.builds import Build, build, open_build
from llama_corpus.tokens import TokenDocument, TokenShards, batches

__all__ = [
    "Build", "CorpusError", "Document", "Ledger", "TokenDocument", "TokenShards", "batches", "build", "open_build",
]  # fmt: skip
