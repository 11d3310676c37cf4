"""What a store's gateway and head office do alike: check records, place them in their line, commit them in groups."""
