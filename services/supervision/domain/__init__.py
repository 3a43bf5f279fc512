"""Lines of journeys, watches and cards: entities, states and rules."""
