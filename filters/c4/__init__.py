"""C4: its page rules, language, bad words and sentences."""
