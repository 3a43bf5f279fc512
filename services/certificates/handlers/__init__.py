"""Use cases: keeping what other services tell, finding, using, withdrawing, revoking."""
