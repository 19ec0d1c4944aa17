"""What the corpus is: documents, the recipe, the ledger, the readers of dumps and the files of documents."""
