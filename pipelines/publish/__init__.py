"""A folder to publish: documents of finished builds, with all that says what they are, where they come from, and under
which terms.

    FOLDER/README.md                       the data card, with the metadata that the Hugging Face hub reads
    FOLDER/croissant.json                  the same for machines: MLCommons Croissant 1.1
    FOLDER/LICENSE.md, CITATION.cff        terms per source; how to cite
    FOLDER/data/SOURCE/documents-*.parquet the documents, as hard links where the filesystem has them
    FOLDER/provenance/SOURCE.*             manifest and ledger of each build
    FOLDER/tokens/, tokenizer/, mixture/   where they were given: outputs like those they are made of
    FOLDER/manifest.json                   every file with its size and SHA-256, written last
"""
