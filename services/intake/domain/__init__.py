"""What an application is and what may become of it: pure (rules C, L; 许可法 32)."""
