"""What the real readers make of each export."""

from __future__ import annotations

import json
import pickle
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from batch_shards import write_ids
from made_outputs import make_tokens
from sentencepiece import SentencePieceProcessor
from tokenizer_texts import SENTENCES, fuzz, sentences, write_documents

from corpus.errors import ShardError
from pipelines.cli import main
from tokenizer.draws import draw
from tokenizer.encode import Encoder
from tokenizer.export import arrayrecord, datatrove, hugging_face, litdata, mds, megatron, nanogpt
from tokenizer.mixture import mix, read_mixture
from tokenizer.settings import Policy
from tokenizer.shards import TokenShard, find_shards
from tokenizer.train import Trained
from tokenizer.write_shards import Row, write_shards


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory, encoder: Encoder) -> Path:
    folder = tmp_path_factory.mktemp("shards")
    for source, seed in (("github", 1), ("books", 2)):
        texts = [*SENTENCES, *sentences(60, seed), *(" ".join(sentences(n, seed)) for n in (9, 12, 40)), ""]
        rows = [Row(f"{source}:{n}", source, f"{source}.parquet#{n}", text) for n, text in enumerate(texts)]
        write_shards(rows, encoder, str(folder / source / "tokens-00000-of-00001"), Policy(shard_bytes=2500))
        make_tokens(folder / source)
    return folder


def documents(folder: Path, source: str) -> list[list[int]]:
    found: list[list[int]] = []
    for path in map(Path, find_shards(folder / source)):
        with TokenShard(path) as shard:
            found += [ids.tolist() for ids in shard]
    return found


@pytest.mark.parametrize("source", ["books", "github"])
def test_megatron_files_say_what_the_shards_say(shards: Path, tmp_path: Path, source: str) -> None:
    prefixes = megatron.export(shards, tmp_path)
    assert prefixes == [f"{tmp_path}/books", f"{tmp_path}/github"]
    index = (tmp_path / f"{source}.idx").read_bytes()
    expected = documents(shards, source)
    assert index[:26] == b"MMIDIDX\0\0" + (1).to_bytes(8, "little") + b"\x08" + len(expected).to_bytes(8, "little")
    lengths = np.frombuffer(index, "<i4", len(expected), offset=34)
    tokens = np.fromfile(tmp_path / f"{source}.bin", "<u2")
    assert [part.tolist() for part in np.split(tokens, np.cumsum(lengths)[:-1])] == expected


@pytest.mark.filterwarnings("ignore")  # of megatron-core's own imports
def test_megatron_core_reads_them(shards: Path, tmp_path: Path) -> None:
    reason = "the round trip through Megatron needs megatron-core"
    indexed = pytest.importorskip("megatron.core.datasets.indexed_dataset", reason=reason)
    megatron.export(shards, tmp_path)
    dataset = indexed.IndexedDataset(str(tmp_path / "books"))
    assert [row.tolist() for row in dataset[:]] == documents(shards, "books")
    assert dataset.document_indices.tolist() == list(range(len(dataset) + 1))


def test_datatrove_reads_the_megatron_tokens(shards: Path, tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="datatrove's loader needs torch")
    loader = pytest.importorskip("datatrove.utils.dataset", reason="needs datatrove")
    (tmp_path / "out").mkdir()
    megatron.export(shards / "books", tmp_path / "out")
    tokens = np.concatenate(documents(shards, "books"))
    dataset = loader.DatatroveFileDataset(str(tmp_path / "out/books.bin"), seq_len=32, token_size=2)
    found = [dataset[number]["input_ids"].tolist() for number in range(len(dataset))]
    assert found == [tokens[33 * n : 33 * n + 33].tolist() for n in range(len(tokens) // 33)]


def test_large_vocabularies_are_int32_in_megatron(tmp_path: Path) -> None:
    write_ids(tmp_path / "shards", "c4", np.arange(70_000, 70_100), [10])
    megatron.export(tmp_path / "shards", tmp_path)
    assert (tmp_path / "c4.idx").read_bytes()[17] == 4
    assert np.fromfile(tmp_path / "c4.bin", "<i4").tolist() == list(range(70_000, 70_100))


def test_nanogpt_files_hold_every_document_once(shards: Path, tmp_path: Path) -> None:
    nanogpt.export(shards, tmp_path, val_share=0.25)
    train, val = (np.memmap(tmp_path / name, dtype=np.uint16, mode="r") for name in ("train.bin", "val.bin"))
    whole = documents(shards, "books") + documents(shards, "github")
    parts = [part.tolist() for one in (train, val) for part in np.split(one, np.flatnonzero(one == 1)[1:])]
    assert sorted(parts) == sorted(whole)
    assert 0.1 < len(val) / (len(train) + len(val)) < 0.4
    assert pickle.loads((tmp_path / "meta.pkl").read_bytes()) == {"vocab_size": 1000}


@pytest.mark.parametrize(("share", "held_out"), [(0.0, False), (1.0, True)])
def test_nanogpt_all_on_one_side(shards: Path, tmp_path: Path, share: float, held_out: bool) -> None:
    nanogpt.export(shards / "books", tmp_path, val_share=share)
    one, other = ("val.bin", "train.bin") if held_out else ("train.bin", "val.bin")
    assert np.fromfile(tmp_path / one, "<u2").tolist() == np.concatenate(documents(shards, "books")).tolist()
    assert (tmp_path / other).stat().st_size == 0


@pytest.mark.parametrize("share", [1e-15, None], ids=["below every hash", "of nanoGPT"])
def test_nanogpt_holds_out_a_document_where_none_falls_below_the_share(
    mixture: Path, shards: Path, tmp_path: Path, share: float | None
) -> None:
    hashes = {}
    for source in ("books", "github"):
        for path in find_shards(shards / source):
            with TokenShard(path) as shard:
                for number, ids in enumerate(shard):
                    hashes[int(shard.id_hash[number])] = ids.tolist()
    assert min(hashes) > int(nanogpt.VAL_SHARE.value * nanogpt.HASHES)
    nanogpt.export(shards, tmp_path / "all", val_share=share)
    nanogpt.export_mixture(mixture, tmp_path / "mixed", TOKENS, 7, val_share=share)
    for name in ("all", "mixed"):
        assert np.fromfile(tmp_path / name / "val.bin", "<u2").tolist() == hashes[min(hashes)]
    assert hashes[min(hashes)] not in [
        list(one) for one in split_documents(np.fromfile(tmp_path / "mixed/train.bin", "<u2"))
    ]


def test_nanogpt_trains_on_the_only_document_there_is(tmp_path: Path, encoder: Encoder) -> None:
    row = Row("github:1", "github", "github.parquet#1", SENTENCES[0])
    write_shards([row], encoder, str(tmp_path / "shards/github/tokens-00000-of-00001"), Policy())
    make_tokens(tmp_path / "shards/github")
    nanogpt.export(tmp_path / "shards", tmp_path / "out")
    assert (tmp_path / "out/val.bin").stat().st_size == 0
    assert (tmp_path / "out/train.bin").stat().st_size > 0


def test_nanogpt_cannot_hold_large_vocabularies(tmp_path: Path) -> None:
    write_ids(tmp_path / "shards", "c4", np.arange(10), [10])
    with pytest.raises(ShardError, match="expected uint16 ids, the only ones nanoGPT reads, got uint32"):
        nanogpt.export(tmp_path / "shards", tmp_path)


def mds_samples(folder: Path) -> list[dict[str, Any]]:
    """The samples of an MDS folder by its documented layout."""
    samples = []
    for shard in json.loads((folder / "index.json").read_text())["shards"]:
        data = (folder / shard["raw_data"]["basename"]).read_bytes()
        assert shard["raw_data"]["bytes"] == len(data)
        offsets = np.frombuffer(data, "<u4", shard["samples"] + 1, offset=4)
        for start, stop in zip(offsets[:-1].tolist(), offsets[1:].tolist(), strict=True):
            sizes, values, at = np.frombuffer(data, "<u4", 3, start), [], start + 12
            for size in sizes.tolist():
                values.append(data[at : at + size])
                at += size
            assert at == stop
            width = 1 << (values[2][0] & 3)
            ids = np.frombuffer(values[2], "<u2", offset=1 + width)
            assert (values[2][0] >> 2, int.from_bytes(values[2][1 : 1 + width], "little")) == (1, len(ids))
            samples.append({"locator": values[0].decode(), "source": values[1].decode(), "tokens": ids.tolist()})
    return samples


@pytest.mark.parametrize(("length", "width"), [(255, 1), (256, 2), (65_535, 2), (65_536, 4), (140_000, 4)])
def test_mds_states_a_length_in_as_few_bytes_as_hold_it(tmp_path: Path, length: int, width: int) -> None:
    write_ids(tmp_path / "shards", "c4", np.arange(length), [length])
    mds.export(tmp_path / "shards", tmp_path / "out")
    (shard,) = json.loads((tmp_path / "out/c4/index.json").read_text())["shards"]
    values = (tmp_path / "out/c4" / shard["raw_data"]["basename"]).read_bytes()[-4 * length - width - 1 :]
    assert (values[0] >> 2, 1 << (values[0] & 3)) == (1, width)
    assert int.from_bytes(values[1 : 1 + width], "little") == length
    assert np.frombuffer(values, "<u4", offset=1 + width).tolist() == list(range(length))


def test_mds_files_say_what_the_shards_say(shards: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mds, "SHARD_BYTES", 4000)
    folders = mds.export(shards, tmp_path)
    assert folders == [f"{tmp_path}/books", f"{tmp_path}/github"]
    assert len(list((tmp_path / "books").glob("shard.*.mds"))) > 1
    assert all(path.stat().st_size <= 4000 for path in (tmp_path / "books").glob("shard.*.mds"))
    samples = mds_samples(tmp_path / "github")
    assert [sample["tokens"] for sample in samples] == documents(shards, "github")
    numbers = range(len(samples))
    assert {(one["source"], one["locator"]) for one in samples} == {("github", f"github.parquet#{n}") for n in numbers}
    index = json.loads((tmp_path / "github" / "index.json").read_text())
    assert (index["version"], index["shards"][0]["version"]) == (2, 2)


def test_an_mds_file_may_be_filled_to_its_last_byte(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_ids(tmp_path / "shards", "c4", np.arange(40), [10] * 4)

    def sizes(limit: int) -> list[tuple[int, int]]:
        monkeypatch.setattr(mds, "SHARD_BYTES", limit)
        mds.export(tmp_path / "shards", tmp_path / str(limit))
        index = json.loads((tmp_path / str(limit) / "c4/index.json").read_text())
        return [(shard["samples"], shard["raw_data"]["bytes"]) for shard in index["shards"]]

    ((_, whole),) = sizes(999)  # the limit is written into the file: of as many digits in all
    (_, two), _ = sizes(whole - 1)
    assert sizes(whole) == [(4, whole)]
    assert sizes(whole - 1)[0] == (3, two)
    assert sizes(two)[0] == (3, two)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # streaming leaves its files open
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_streaming_reads_mds(shards: Path, tmp_path: Path) -> None:
    streaming = pytest.importorskip("streaming", reason="the round trip needs mosaicml-streaming and its clients")
    mds.export(shards, tmp_path)
    dataset = streaming.LocalDataset(local=str(tmp_path / "books"))
    assert [dataset[n]["tokens"].tolist() for n in range(len(dataset))] == documents(shards, "books")
    assert {one["locator"] for one in dataset} == {f"books.parquet#{n}" for n in range(len(dataset))}


def test_array_record_reads_its_export(shards: Path, tmp_path: Path) -> None:
    reason = "the export and its reader need array-record"
    module = pytest.importorskip("array_record.python.array_record_module", reason=reason)
    files = [Path(path) for path in arrayrecord.export(shards, tmp_path)]
    books = [path for path in files if path.name.startswith("books-")]
    assert [path.name for path in books] == [
        f"books-{n:05d}-of-{len(books):05d}.arrayrecord" for n in range(len(books))
    ]
    found: list[list[int]] = []
    for path in books:
        reader = module.ArrayRecordReader(str(path))
        found += [np.frombuffer(record, "<u2").tolist() for record in reader.read_all()]
    assert found == documents(shards, "books")


def test_datasets_reads_the_parquet_documents(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets", reason="needs Hugging Face datasets")
    texts = {f"github:{n}": text for n, text in enumerate(SENTENCES)}
    path = write_documents(tmp_path / "documents-00000-of-00001.parquet", texts, language="en")
    table = datasets.Dataset(pq.read_table(path, columns=["id", "text", "source"]))  # it has no type for maps
    assert table["text"][:] == list(texts.values())
    assert table["id"][:] == list(texts)


@pytest.fixture(scope="module")
def hugging_face_folder(tmp_path_factory: pytest.TempPathFactory, trained: Trained) -> Path:
    folder = tmp_path_factory.mktemp("hf")
    (folder / "trained.model").write_bytes(trained.model)
    hugging_face.export(folder / "trained.model", folder / "out")
    return folder / "out"


def test_hugging_faces_files_are_utf_8_without_escapes(hugging_face_folder: Path) -> None:
    written = {path.name: path.read_text("utf-8") for path in hugging_face_folder.glob("*.json")}
    assert "tokenizer.json" in written
    assert "\u2581" in written["tokenizer.json"]
    assert not any("\\u" in text for text in written.values())


def test_tokenizers_gives_the_same_ids(hugging_face_folder: Path, trained: Trained, encoder: Encoder) -> None:
    tokenizers = pytest.importorskip("tokenizers", reason="needs Hugging Face tokenizers")
    tokenizer = tokenizers.Tokenizer.from_file(str(hugging_face_folder / "tokenizer.json"))
    tokenizer.encode_special_tokens = True
    processor = SentencePieceProcessor(model_proto=trained.model)
    for text in [*SENTENCES, *fuzz(2000, 7, encoder.model.pieces)]:
        assert tokenizer.encode(text, add_special_tokens=False).ids == processor.encode(text)


def test_transformers_gives_the_same_ids_and_text(
    hugging_face_folder: Path, trained: Trained, encoder: Encoder
) -> None:
    transformers = pytest.importorskip("transformers", reason="needs Hugging Face transformers")
    tokenizer = transformers.AutoTokenizer.from_pretrained(hugging_face_folder)
    processor = SentencePieceProcessor(model_proto=trained.model)
    for text in [*SENTENCES, "</s> a<s>", *fuzz(2000, 8, encoder.model.pieces)]:
        assert tokenizer.encode(text, add_special_tokens=False) == processor.encode(text)
    ids = tokenizer.encode(SENTENCES[2])
    assert ids == [1, *processor.encode(SENTENCES[2])]
    assert tokenizer.decode(ids, skip_special_tokens=True) == SENTENCES[2]
    assert (tokenizer.bos_token_id, tokenizer.eos_token_id, tokenizer.unk_token_id) == (1, 2, 0)
    assert len(tokenizer) == 1000


def test_llama_tokenizer_fast_gives_the_same_ids_but_for_leading_spaces(
    hugging_face_folder: Path, trained: Trained, encoder: Encoder
) -> None:
    transformers = pytest.importorskip("transformers", reason="needs Hugging Face transformers")
    tokenizer = transformers.LlamaTokenizerFast.from_pretrained(hugging_face_folder)
    processor = SentencePieceProcessor(model_proto=trained.model)
    for text in [*SENTENCES, *fuzz(2000, 9, encoder.model.pieces)]:
        if not text.startswith((" ", "\u2581")):
            assert tokenizer.encode(text, add_special_tokens=False) == processor.encode(text)


@pytest.fixture(scope="module")
def mixture(shards: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("mixture")
    mix([str(shards)], str(folder), {"books": 20.0, "github": 80.0})
    return folder


TOKENS = 40_000


def drawn(mixture: Path) -> list[list[int]]:
    return [one.ids.tolist() for one in draw(read_mixture(mixture), TOKENS, 7)]


def test_megatron_files_of_a_mixture_have_the_documents_in_the_order_drawn(mixture: Path, tmp_path: Path) -> None:
    assert megatron.export_mixture(mixture, tmp_path, TOKENS, 7) == [f"{tmp_path}/mixture"]
    index, tokens = (tmp_path / "mixture.idx").read_bytes(), np.fromfile(tmp_path / "mixture.bin", "<u2")
    lengths = np.frombuffer(index, "<i4", int.from_bytes(index[18:26], "little"), offset=34)
    assert [part.tolist() for part in np.split(tokens, np.cumsum(lengths)[:-1])] == drawn(mixture)


def test_nanogpt_files_of_a_mixture_have_its_shares_and_keep_what_is_held_out_apart(
    mixture: Path, shards: Path, tmp_path: Path
) -> None:
    nanogpt.export_mixture(mixture, tmp_path, TOKENS, 7, val_share=0.2)
    train, val = (np.fromfile(tmp_path / f"{name}.bin", "<u2") for name in ("train", "val"))
    assert abs(len(train) - TOKENS) < 3_000  # the last document of each source is drawn whole
    texts = {source: Counter(map(tuple, documents(shards, source))) for source in ("books", "github")}
    every = texts["books"] + texts["github"]
    held, seen = Counter(split_documents(val)), split_documents(train)
    assert len(held) > 10
    assert all(held[one] <= every[one] for one in held)
    assert not {one for one in held if every[one] == 1} & set(seen)
    books = sum(len(one) for one in seen if one not in texts["github"])
    alone = sum(len(one) for one in texts["books"] if one not in texts["github"] and not held[one])
    both = sum(len(one) * (count - held[one]) for one, count in texts["books"].items())
    assert books / len(train) == pytest.approx(0.2 * alone / both, abs=0.03)


def split_documents(ids: np.ndarray) -> list[tuple[int, ...]]:
    """Documents end with EOS, 2."""
    ends = np.flatnonzero(ids == 2) + 1
    return [tuple(part.tolist()) for part in np.split(ids, ends)[:-1]]


def test_mds_of_a_mixture_is_one_folder_in_the_order_drawn(mixture: Path, tmp_path: Path) -> None:
    assert mds.export_mixture(mixture, tmp_path, TOKENS, 7) == [f"{tmp_path}/mixture"]
    samples = mds_samples(tmp_path / "mixture")
    assert [sample["tokens"] for sample in samples] == drawn(mixture)
    assert all(sample["locator"].startswith(sample["source"]) for sample in samples)


def test_arrayrecords_of_a_mixture_are_files_of_about_one_size(
    mixture: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = pytest.importorskip("array_record.python.array_record_module", reason="needs array-record")
    monkeypatch.setattr(arrayrecord, "FILE_TOKENS", TOKENS // 3)
    paths = arrayrecord.export_mixture(mixture, tmp_path, TOKENS, 7)
    assert [Path(path).name for path in paths] == [f"mixture-{part:05d}-of-00004.arrayrecord" for part in range(4)]
    parts = [
        [np.frombuffer(one, "<u2").tolist() for one in module.ArrayRecordReader(path).read_all()] for path in paths
    ]
    assert [ids for part in parts for ids in part] == drawn(mixture)
    sizes = [sum(map(len, part)) for part in parts]
    assert max(sizes) - min(sizes) < 6_000


def test_export_of_a_mixture_by_the_command(mixture: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = str(tmp_path / "out")
    words = ["export", "megatron", "--mixture", str(mixture), "--output", out]
    assert main([*words, "--tokens", "4e4", "--seed", "7"]) == 0
    assert (tmp_path / "out" / "mixture.idx").stat().st_size > 34
    assert main(["verify", out]) == 0
    capsys.readouterr()
    for wrong in (
        words, [*words, "--tokens", "some"], [*words, "--tokens", "0"],
        ["export", "tokenizer", *words[2:], "--tokens", "9"],
    ):  # fmt: skip
        assert main(wrong) == 2
        assert len(capsys.readouterr().err.splitlines()) == 1


def litdata_items(folder: Path, dtype: str = "<u2") -> list[list[int]]:
    """The items of litdata's chunks by their layout."""
    items: list[list[int]] = []
    for chunk in json.loads((folder / "index.json").read_text())["chunks"]:
        data = (folder / chunk["filename"]).read_bytes()
        count = int.from_bytes(data[:4], "little")
        offsets = np.frombuffer(data, "<u4", count + 1, offset=4).tolist()
        found = [np.frombuffer(data[at:to], dtype).tolist() for at, to in pairwise(offsets)]
        assert offsets[0] == 4 * (count + 2)
        assert (chunk["chunk_bytes"], chunk["chunk_size"], chunk["dim"]) == (len(data), count, sum(map(len, found)))
        items += found
    return items


def test_litdata_chunks_say_what_the_shards_say(shards: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(litdata, "CHUNK_BYTES", 4000)
    assert litdata.export(shards, tmp_path) == [f"{tmp_path}/books", f"{tmp_path}/github"]
    sizes = [path.stat().st_size for path in (tmp_path / "books").glob("chunk-0-*.bin")]
    assert len(sizes) > 1
    assert max(sizes) <= 4000
    for source in ("books", "github"):
        assert litdata_items(tmp_path / source) == documents(shards, source)


def test_litdata_of_a_mixture_is_one_folder_in_the_order_drawn(mixture: Path, tmp_path: Path) -> None:
    assert litdata.export_mixture(mixture, tmp_path, TOKENS, 7) == [f"{tmp_path}/mixture"]
    assert litdata_items(tmp_path / "mixture") == drawn(mixture)


def test_large_vocabularies_are_int32_in_litdata(tmp_path: Path) -> None:
    write_ids(tmp_path / "shards", "c4", np.arange(70_000, 70_100), [10])
    litdata.export(tmp_path / "shards", tmp_path)
    config = json.loads((tmp_path / "c4/index.json").read_text())["config"]
    assert config["data_format"] == ["no_header_tensor:15"]
    assert np.concatenate(litdata_items(tmp_path / "c4", "<i4")).tolist() == list(range(70_000, 70_100))


def datatrove_documents(folder: Path, dtype: str = "<u2") -> list[list[int]]:
    """The documents of datatrove's tokenized files by their layout."""
    found: list[list[int]] = []
    for path in sorted(folder.glob("*.ds")):
        ids, ends = np.fromfile(path, dtype), np.fromfile(f"{path}.index", "<u8")
        assert Path(f"{path}.metadata").read_text().split("\n")[1] == str(len(ids))
        assert int(ends[-1]) == len(ids)
        found += [part.tolist() for part in np.split(ids, ends[:-1].astype(int))]
    return found


def test_datatrove_files_say_what_the_shards_say(shards: Path, tmp_path: Path) -> None:
    assert datatrove.export(shards, tmp_path) == [f"{tmp_path}/books", f"{tmp_path}/github"]
    for source in ("books", "github"):
        assert datatrove_documents(tmp_path / source) == documents(shards, source)


def test_datatrove_files_of_a_mixture_are_in_the_order_drawn(
    mixture: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(datatrove, "FILE_TOKENS", TOKENS // 3)
    assert datatrove.export_mixture(mixture, tmp_path, TOKENS, 7) == [f"{tmp_path}/mixture"]
    assert len(list((tmp_path / "mixture").glob("*.ds"))) == 4
    assert datatrove_documents(tmp_path / "mixture") == drawn(mixture)


def test_large_vocabularies_have_four_bytes_in_datatrove(tmp_path: Path) -> None:
    write_ids(tmp_path / "shards", "c4", np.arange(70_000, 70_100), [10])
    datatrove.export(tmp_path / "shards", tmp_path)
    assert (tmp_path / "c4/00000.ds.metadata").read_text() == "model|4\n100\n100 tokens"
    assert np.concatenate(datatrove_documents(tmp_path / "c4", "<u4")).tolist() == list(range(70_000, 70_100))


def test_datatrove_reads_its_files_with_the_position_in_each_document(shards: Path, tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="datatrove's loader needs torch")
    loader = pytest.importorskip("datatrove.utils.dataset", reason="needs datatrove")
    datatrove.export(shards, tmp_path)
    folder = str(tmp_path / "books")
    windows = loader.DatatroveFolderDataset(folder, seq_len=31, token_size=2, recursive=False, return_positions=True)
    expected, positions = [], []
    for path in find_shards(shards / "books"):
        with TokenShard(path) as shard:
            ids = shard.tokens(0, shard.info.tokens // 32 * 32)
            within = np.concatenate([np.arange(len(one)) for one in shard])[: len(ids)]
        expected += ids.reshape(-1, 32).tolist()
        positions += within.reshape(-1, 32).tolist()
    found = [windows[number] for number in range(len(windows))]
    assert [one["input_ids"].tolist() for one in found] == expected
    for window, whole in zip(found, positions, strict=True):  # what began before the window counts from its start
        cut = whole.index(0) if 0 in whole else len(whole)
        assert window["positions"].tolist() == [*range(cut), *whole[cut:]]
