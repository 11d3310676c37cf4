"""Who is who in a chain: names in certificates, the authorities, enrolment codes, TLS contexts (docs/trust.md).

Only `issuing` and `authority` need the library cryptography; a process that merely speaks TLS never imports it.
"""
