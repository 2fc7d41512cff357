"""A runner that coordinates one pipeline."""

from lolpop import Pipeline, Runner


class Words(Pipeline):
    def count(self, text: str) -> dict[str, int]:
        words = text.lower().split()
        return {word: words.count(word) for word in words}

    def report(self, counts: dict[str, int]) -> str:
        print(f"{len(counts)} different words: {counts}")
        return max(counts, key=lambda word: counts[word])


class DemoRunner(Runner):
    words: Words

    def run(self, text: str = "the cat saw the dog") -> str:
        return self.words.report(self.words.count(text))
