"""The rules, a module for each family; the name of a rule is `family.function`."""
