"""Output folders: every one has a manifest.json, written last, that lists its files; no other file in it is read.

    lock      one writer at a time, with its name
    begin     the manifest says `unfinished`, and which names the writer may use
    files     each written whole (corpus/storage.py), with its size and SHA-256 noted
    sweep     what has one of those names, or still is a `.part`, and is not one of those files, is deleted
    finish    the manifest says `finished` and lists the files; or `failed`, with the faults

A writer that dies at any moment leaves a folder that readers refuse, and that the same command makes good.
"""
