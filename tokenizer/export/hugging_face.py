"""The tokenizer as transformers loads it: tokenizer.json and its configs, with SentencePiece's ids.

AutoTokenizer reads tokenizer.json. The class LlamaTokenizer(Fast) of transformers 5 builds its own pipeline instead,
which puts no space before a text that begins with one, so the config names the general class. With
split_special_tokens, `</s>` in a text is encoded as text.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from corpus.output.manifest import EXPORT, TOKENIZER
from corpus.output.read import require_listed
from corpus.output.write import writing
from corpus.stores.addresses import storage_of
from corpus.stores.copies import local_copy
from tokenizer.encode import load_encoder
from tokenizer.model import SPACE, Model, bpe_json

NAMES = ("tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "tokenizer.model")
CONTEXT = 2048  # arXiv 2302.13971, section 2.2: the length a model is trained at


def export(model_path: str | Path, output: str | Path) -> list[str]:
    """Write tokenizer.json, tokenizer_config.json, special_tokens_map.json and tokenizer.model.

    Raises:
        ModelError: no such model, or of another kind.
        UnsoundError: its training is unfinished, or it is not what was written.
    """
    require_listed(str(model_path), storage_of(str(model_path)), TOKENIZER)
    model = load_encoder(local_copy(str(model_path)), "sentencepiece").model
    contents = _json(tokenizer_json(model)), _json(_config(model)), _json(_specials(model)), model.proto
    files = dict(zip(NAMES, contents, strict=True))
    kind = EXPORT._replace(command=f"{EXPORT.command} tokenizer")
    with writing(str(output), kind, list(files), storage_of(str(output))) as out:
        for name, data in files.items():
            with out.create(name) as file:
                file.write(data)
        out.finish(tokenizer=model.digest)
    return [f"{output}/{name}" for name in files]


def exported(folder: str | Path) -> list[Path]:
    """The files of an export, each compared with its manifest; those of a folder from elsewhere as they are.

    Raises:
        UnsoundError: the export is unfinished or damaged.
    """
    paths = [Path(folder, name) for name in NAMES]
    for path in paths:
        require_listed(str(path), kind=EXPORT)
    return paths


def tokenizer_json(model: Model) -> dict[str, Any]:
    """tokenizer.json: a space before the text, spaces as SPACE, BPE with byte fallback, BOS in front."""
    bos = model.pieces[model.bos]
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [_added(model, number) for number in (0, model.bos, model.eos)],
        "normalizer": {
            "type": "Sequence",
            "normalizers": [
                {"type": "Prepend", "prepend": SPACE},
                {"type": "Replace", "pattern": {"String": " "}, "content": SPACE},
            ],
        },
        "pre_tokenizer": None,
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [{"SpecialToken": {"id": bos, "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
            "pair": [
                {"SpecialToken": {"id": bos, "type_id": 0}},
                {"Sequence": {"id": "A", "type_id": 0}},
                {"SpecialToken": {"id": bos, "type_id": 1}},
                {"Sequence": {"id": "B", "type_id": 1}},
            ],
            "special_tokens": {bos: {"id": bos, "ids": [model.bos], "tokens": [bos]}},
        },
        "decoder": {
            "type": "Sequence",
            "decoders": [
                {"type": "Replace", "pattern": {"String": SPACE}, "content": " "},
                {"type": "ByteFallback"},
                {"type": "Fuse"},
                {"type": "Strip", "content": " ", "start": 1, "stop": 0},
            ],
        },
        "model": bpe_json(model),
    }


def _added(model: Model, number: int) -> dict[str, Any]:
    flags = dict.fromkeys(("single_word", "lstrip", "rstrip", "normalized"), False)
    return {"id": number, "content": model.pieces[number], **flags, "special": True}


def _specials(model: Model) -> dict[str, str]:
    return {
        "bos_token": model.pieces[model.bos], "eos_token": model.pieces[model.eos], "unk_token": model.pieces[0]
    }  # fmt: skip


def _config(model: Model) -> dict[str, Any]:
    return {
        "tokenizer_class": "PreTrainedTokenizerFast", "add_bos_token": True, "add_eos_token": False,
        "split_special_tokens": True, "clean_up_tokenization_spaces": False, "model_max_length": CONTEXT,
        **_specials(model),
    }  # fmt: skip


def _json(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1).encode() + b"\n"
