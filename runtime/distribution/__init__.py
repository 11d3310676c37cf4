"""Snapshots from head office to its tills: what head office, gateways and terminals do alike with these files."""
