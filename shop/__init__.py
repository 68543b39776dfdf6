"""Orders, products, customers, tickets: models, queries, import, migrations. Imports ``policy.facts`` and nothing else of ours."""
