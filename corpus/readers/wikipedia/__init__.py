"""Wikipedia: dump XML, in any packing."""
