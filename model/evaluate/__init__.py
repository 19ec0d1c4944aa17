"""The paper's scores of tasks, perplexity, and the carbon of a run."""
