"""Head office: keeps the records of all stores, committed before their gateways are told, each once."""
