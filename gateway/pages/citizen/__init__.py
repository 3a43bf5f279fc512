"""Citizens sign in, where a page needs to know who they are."""
