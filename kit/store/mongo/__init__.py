"""The Store on MongoDB: one database a service, one collection for its documents of every kind.

How a document looks, and why all kinds stand in one collection, is told in
docs/decisions/0013-one-collection-holds-every-kind.md; settings, indexes and sizes in docs/operations/mongodb.md.
"""
