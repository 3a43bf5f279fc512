"""Centers, service items, policies and calendars (事项与基础信息)."""
