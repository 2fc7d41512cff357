"""Tokenise, embed, index; a language may be left out."""

import lolpop

CONFIG = """\
runner: Flow
modules: [MODULE]
pipelines: {text: Text}
config: {languages: [en, de, fr], skip: [fr]}
"""


class Text(lolpop.Pipeline):
    def tokens(self, language, lower=True):
        return [language, "Word".lower() if lower else "Word"]

    def embed(self, tokens):
        return [len(token) for token in tokens]

    def index(self, **vectors):
        return sorted(vectors.items())


class Flow(lolpop.Runner):
    def run(self):
        vectors = {}
        for language in self.config.languages:
            if language in self.config.skip:
                continue
            tokens = self.text.tokens(language, lower=language != "de")
            vectors[language] = self.text.embed(tokens)
        return self.text.index(**vectors)
