"""Values turned into what people look at: text, Mermaid, self-contained HTML pages."""
