"""The store's gateway: keeps the records of the store's terminals, on disk before it answers."""
