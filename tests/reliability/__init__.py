"""Attacks and damage: what they are, and that each costs what it may."""
