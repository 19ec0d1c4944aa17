"""What runs any source: plan, passes, stages, streams, build."""
