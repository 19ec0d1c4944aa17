"""A build as one page to look at: what was dropped and why, histograms, the mixture, texts to read.

    build folder --gather--> Facts --page--> HTML

`gather` reads (a bounded sample of large builds), `page` draws; each works without the other.
"""
