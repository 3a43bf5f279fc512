"""Staff, posts and roles, accounts, and who sits where today (人员)."""
