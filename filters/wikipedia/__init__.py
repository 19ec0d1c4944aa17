"""Wikitext to text: asides away, templates by table, one walk over the rest."""
