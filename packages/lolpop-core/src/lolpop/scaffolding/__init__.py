"""What people start from: a plugin's distribution, a class of a project with its test."""
