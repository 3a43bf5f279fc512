"""What a case is and what may become of it: pure (rules E, F, I; 许可法 38, 42, 44, 45)."""
