"""The chassis that every service stands on; no word of the business is spoken here."""
