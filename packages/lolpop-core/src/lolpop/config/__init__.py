"""From YAML files to located values: reading, overlays, links, validation, schema."""
