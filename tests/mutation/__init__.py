"""Faults planted on purpose, to see whether the tests find them: in cited numbers (`numbers`), in code (`code`)."""
