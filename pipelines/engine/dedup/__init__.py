"""Dedup: keys out, decision by bucket, masks back."""
