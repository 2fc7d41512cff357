"""The workflows that rules run. They write what happens to files outside of the storage."""
