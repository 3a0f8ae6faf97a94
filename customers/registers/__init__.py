"""Public registers: how each one's file is read. They serve as evidence, never as customers."""
