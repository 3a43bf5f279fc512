"""``tongban demo``: a seeded day of visits and the working days after it, through the public REST API alone."""
