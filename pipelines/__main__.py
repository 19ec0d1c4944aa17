"""`python -m pipelines` is the command `corpus`."""

from pipelines.cli import console

if __name__ == "__main__":
    console()
