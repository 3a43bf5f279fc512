"""The sample federation: three centers, 66 service items and synthetic people, as data with a typed loader."""
